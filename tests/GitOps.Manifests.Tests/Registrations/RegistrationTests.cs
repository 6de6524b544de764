using System.Text.Json.Nodes;
using GitOps.Manifests.Registrations;
using GitOps.TestKit;
using GitOps.TestKit.Kubernetes;

namespace GitOps.Manifests.Tests.Registrations;

public sealed class RegistrationTests
{
    private const string Seed = "0123456789abcdef0123456789abcdef";
    private const string Fleet = "2e3fb2c5-8c7c-4b6a-9a33-5ad9c1f3b3c1";

    private static readonly EnrolmentDirections Directions = new(
        new Uri("https://control.example:8443"), new string('a', 64), EnrolmentText.Of(new byte[EnrolmentText.SecretBytes]));

    /// <summary>A release that derived other tokens would void all that were handed out.</summary>
    [Fact]
    public void Tokens_stay_what_they_are() =>
        Assert.Equal("get1_Lnda1859aVz79ojACbSVmQBdOaKgioylYMZQl4HbAHk", TokenSeed.TokenOf(Seed, Fleet, "press-1", 1));

    [Fact]
    public void Every_part_of_what_a_token_is_for_makes_another_token()
    {
        string[] tokens =
        [
            TokenSeed.TokenOf(Seed, Fleet, "press-1", 1), TokenSeed.TokenOf(Seed, Fleet, "press-1", 2), TokenSeed.TokenOf(Seed, Fleet, "press-2", 1),
            TokenSeed.TokenOf(Seed, Fleet + "x", "press-1", 1), TokenSeed.TokenOf(Seed + "x", Fleet, "press-1", 1),
        ];
        Assert.Equal(tokens.Length, tokens.Distinct().Count());
        Assert.NotEqual(TokenSeed.SecretOf(Seed, "a"), TokenSeed.SecretOf(Seed, "b"));
    }

    [Fact]
    public void A_seed_that_could_be_guessed_is_refused_and_not_repeated()
    {
        var refused = Assert.Throws<ArgumentException>(() => TokenSeed.TokenOf("hunter2", Fleet, "press-1", 1));
        Assert.DoesNotContain("hunter2", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void More_removals_than_the_limit_need_the_id_of_just_this_set()
    {
        string[] before = ["a", "b", "c", "d"];
        Assert.Null(DeregistrationGuard.Check([], ["a"], 0, null));
        Assert.Null(DeregistrationGuard.Check(before, ["a", "b", "new"], 2, null));
        var refused = DeregistrationGuard.Check(before, ["a"], 2, null);
        Assert.NotNull(refused);
        Assert.Contains("b, c, d", refused.What, StringComparison.Ordinal);
        var id = DeregistrationGuard.IdOf(["d", "c", "b"]);
        Assert.EndsWith(id, refused.Fix, StringComparison.Ordinal);
        Assert.Null(DeregistrationGuard.Check(before, ["a"], 2, id));
        Assert.NotNull(DeregistrationGuard.Check(before, [], 2, id));
    }

    [Fact]
    public void What_a_machine_is_told() => Golden.Verify(
        "registrations/installation.txt",
        $"--- command\n{NodeInstallation.Command(Directions)}\n--- cloud-init\n{NodeInstallation.CloudInit(Directions)}--- Ignition\n" +
        $"{JsonNode.Parse(NodeInstallation.Ignition(Directions))!.ToJsonString(new() { WriteIndented = true })}\n");

    /// <summary>The unit is the same text in both, so an indentation that YAML takes away is not lost.</summary>
    [Fact]
    public void Cloud_init_and_Ignition_bring_the_same_unit_and_token()
    {
        var cloud = Assert.Single(YamlJson.Read("user-data.yaml", NodeInstallation.CloudInit(Directions)))["write_files"]!.AsArray();
        var ignition = JsonNode.Parse(NodeInstallation.Ignition(Directions))!;
        Assert.Equal(
            ignition["systemd"]!["units"]![0]!["contents"]!.GetValue<string>().TrimEnd(), cloud[1]!["content"]!.GetValue<string>().TrimEnd());
        Assert.Equal(Directions.Token + "\n", cloud[0]!["content"]!.GetValue<string>());
        Assert.Equal($"data:,{Directions.Token}%0A", ignition["storage"]!["files"]![0]!["contents"]!["source"]!.GetValue<string>());
        Assert.Equal(Convert.ToInt32("600", 8), ignition["storage"]!["files"]![0]!["mode"]!.GetValue<int>());
        Assert.Equal(Convert.ToInt32("700", 8), ignition["storage"]!["directories"]![0]!["mode"]!.GetValue<int>());
    }
}
