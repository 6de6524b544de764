using System.Text;
using GitOps.Platform.Configuration;
using GitOps.TestKit;

namespace GitOps.Platform.Tests.Configuration;

public sealed class SettingsTests
{
    private static readonly Setting Server = new("server", SettingKind.Text, null, "the URL of the control plane");
    private static readonly Setting Poll = new("pollMs", SettingKind.Integer, "300000", "how often to ask") { Minimum = 1000 };
    private static readonly Setting Verbose = new("verbose", SettingKind.Boolean, "false", "say more");
    private static readonly Setting Token = new("webhookSecret", SettingKind.Text, null, "what the forge signs with") { IsSecret = true };

    [Fact]
    public void A_flag_beats_the_environment_which_beats_the_file_which_beats_the_default()
    {
        const string File = """{ "format": 1, "server": "file", "pollMs": 4000, "verbose": true /* for now */ }""";
        var settings = Read(File, new() { ["server"] = "flag" }, new() { ["GITOPS_SERVER"] = "environment", ["GITOPS_POLL_MS"] = "5000" });
        Assert.Empty(settings.Problems);
        Assert.Equal(("flag", "--server"), (settings.Text(Server), settings.SourceOf(Server)));
        Assert.Equal((5000, "GITOPS_POLL_MS"), (settings.Integer(Poll), settings.SourceOf(Poll)));
        Assert.Equal((true, "agent.json:1"), (settings.Boolean(Verbose), settings.SourceOf(Verbose)));
        Assert.Equal((null, "default"), (settings.Text(Token), settings.SourceOf(Token)));
    }

    [Fact]
    public void Without_a_file_the_defaults_hold()
    {
        var settings = Read(null);
        Assert.Empty(settings.Problems);
        Assert.Equal(300_000, settings.Integer(Poll));
    }

    [Fact]
    public void A_secret_is_masked_wherever_it_comes_from()
    {
        var settings = Read("""{ "webhookSecret": "hunter2" }""");
        Assert.Equal("hunter2", settings.Text(Token));
        Assert.DoesNotContain(settings.Effective, effective => effective.Value?.Contains("hunter2", StringComparison.Ordinal) == true);
        Assert.Contains(new EffectiveSetting("webhookSecret", "••••", "agent.json:1"), settings.Effective);
    }

    [Fact]
    public void Every_problem_is_told_with_its_place() => Golden.Verify("configuration/problems.txt", Print(Read(
        """
        {
          "format": 2,
          // a comment
          "sever": "typo",
          "pollMs": 12,
          "pollMs": 2000,
          "verbose": "yes",
          "server": { "url": "x" },
          "grace": 5,
        }
        """,
        environment: new() { ["GITOPS_VERBOSE"] = "maybe", ["GITOPS_OLD_GRACE"] = "5" })));

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("{} {}")]
    [InlineData("{ \"server\": ")]
    [InlineData("{ \"server\": \"a\" \"b\"")]
    [InlineData("nonsense")]
    public void What_is_no_settings_file_is_a_problem_and_not_an_exception(string text) => Assert.NotEmpty(Read(text).Problems);

    [Fact]
    public void Names_of_flags_and_variables_follow_from_the_name()
    {
        Assert.Equal("--webhook-secret", Token.Flag);
        Assert.Equal("GITOPS_WEBHOOK_SECRET", Token.Variable("GITOPS_"));
    }

    private static Settings Read(
        string? file, Dictionary<string, string?>? flags = null, Dictionary<string, string?>? environment = null) =>
        Settings.Read(
            [Server, Poll, Verbose, Token],
            flags ?? [],
            "GITOPS_",
            name => environment?.GetValueOrDefault(name),
            file is null ? null : ("agent.json", Encoding.UTF8.GetBytes(file)),
            [new("oldGrace", "write it elsewhere"), new("grace", "write it there")]);

    private static string Print(Settings settings) =>
        string.Concat(settings.Problems.Select(problem => $"{problem.Where}: {problem.What}\n  fix: {problem.Fix}\n"));
}
