using System.Text;
using GitOps.Bundles.Publications;
using GitOps.ControlPlane.Sealing;
using GitOps.Manifests;
using GitOps.Manifests.Sops;
using GitOps.Platform.Age;

namespace GitOps.ControlPlane.Tests.Sealing;

public sealed class SopsTests
{
    private static readonly AgeIdentity Key = AgeIdentity.Generate();

    [Fact]
    public void Values_are_opened_each_at_its_path_and_keys_show_without_a_key()
    {
        var text = Sample(new SopsWriter(AgeIdentity.Generate().Recipient, Key.Recipient));
        var (values, wrong) = SopsOpening.Read(File(text), Key);
        Assert.Null(wrong);
        Assert.Equal(
            [("db.password", "correct: horse"), ("db.port", "5432"), ("hosts.0", "a"), ("hosts.1", "b"), ("note_unencrypted", "seen by all"), ("on", "true"), ("open", "false"), ("text", "")],
            SecretValues.TryRead(values)!.Select(value => (value.Key, value.Value)).Order());
        Assert.Equal(
            ["db.password", "db.port", "hosts.0", "hosts.1", "note_unencrypted", "on", "open", "text"], SopsDocument.Read(File(text)).Document!.Keys);
    }

    [Fact]
    public void Without_its_key_nothing_is_told()
    {
        var (values, wrong) = SopsOpening.Read(File(Sample(new SopsWriter(AgeIdentity.Generate().Recipient))), Key);
        Assert.Null(values);
        Assert.Contains(Key.Recipient.ToString(), wrong, StringComparison.Ordinal);
    }

    [Fact]
    public void Values_in_the_open_may_stay_out_of_the_MAC()
    {
        var writer = new SopsWriter(Key.Recipient) { MacOnlyEncrypted = true };
        var text = $"a: {writer.Value("secret", "a:")}\nb_unencrypted: {writer.Open("open", "open")}\n{writer.Metadata()}";
        Assert.Null(SopsOpening.Read(File(text), Key).Wrong);
        Assert.Null(SopsOpening.Read(File(text.Replace("b_unencrypted: open", "b_unencrypted: changed", StringComparison.Ordinal)), Key).Wrong);
        Assert.Contains("MAC", SopsOpening.Read(File(text.Replace(SopsWriter.OnlyEncrypted, "", StringComparison.Ordinal)), Key).Wrong, StringComparison.Ordinal);
    }

    [Fact]
    public void Nobody_takes_values_in_the_open_out_of_the_MAC_by_saying_so()
    {
        var writer = new SopsWriter(Key.Recipient);
        var text = $"a: {writer.Value("secret", "a:")}\n{writer.Metadata()}";
        Assert.Null(SopsOpening.Read(File(text), Key).Wrong);

        var said = text.Replace("    version:", SopsWriter.OnlyEncrypted + "    version:", StringComparison.Ordinal);
        Assert.Contains("MAC", SopsOpening.Read(File(said), Key).Wrong, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("note_unencrypted: seen by all", "note_unencrypted: changed", "MAC")]
    [InlineData("note_unencrypted: seen by all", "more: x\nnote_unencrypted: seen by all", "MAC")]
    [InlineData("  password:", "  passwort:", "db.passwort")]
    [InlineData("lastmodified: \"2026", "lastmodified: \"2027", "MAC")]
    [InlineData("sops:", "other:", "metadata")]
    [InlineData("    version:", "    key_groups: []\n    version:", "groups")]
    [InlineData("    age:", "    aged:", "no key of age")]
    public void What_was_changed_without_SOPS_is_refused(string before, string after, string because)
    {
        var text = Sample(new SopsWriter(Key.Recipient));
        Assert.Contains(before, text, StringComparison.Ordinal);
        var (values, wrong) = SopsOpening.Read(File(text.Replace(before, after, StringComparison.Ordinal)), Key);
        Assert.Null(values);
        Assert.Contains(because, wrong, StringComparison.Ordinal);
        Assert.DoesNotContain("horse", wrong, StringComparison.Ordinal);
    }

    private static string Sample(SopsWriter writer) => $"""
        # SOPS encrypts comments as well; they are in no MAC
        db:
          password: {writer.Value("correct: horse", "db:password:")}
          port: {writer.Value("5432", "db:port:", "int")}
        hosts:
        - {writer.Value("a", "hosts:")}
        - {writer.Value("b", "hosts:")}
        on: {writer.Value("True", "on:", "bool")}
        text: ""
        open: {writer.Open("false", "False")}
        note_unencrypted: {writer.Open("seen by all", "seen by all")}
        {writer.Metadata()}
        """;

    private static SourceFile File(string text) => new("secrets.yaml", Encoding.UTF8.GetBytes(text));
}
