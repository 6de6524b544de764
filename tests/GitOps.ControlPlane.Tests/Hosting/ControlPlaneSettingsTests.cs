using System.Net;
using System.Text;
using GitOps.ControlPlane.Api;
using GitOps.ControlPlane.Git;
using GitOps.ControlPlane.Hosting;
using GitOps.TestKit;

namespace GitOps.ControlPlane.Tests.Hosting;

public sealed class ControlPlaneSettingsTests
{
    [Fact]
    public void A_repository_is_all_that_has_to_be_said()
    {
        var settings = Read("repository=/srv/fleet.git");

        Assert.Equal(new GitSource("/srv/fleet.git", new GitReference.Branch("main")), settings.Source);
        Assert.Equal(new IPEndPoint(IPAddress.Loopback, 8080), settings.PeopleEndpoint);
        Assert.Equal(new BrokerSetting.Embedded(new IPEndPoint(IPAddress.Any, 8883)), settings.Broker);
        Assert.Empty(settings.Webhooks);
    }

    [Fact]
    public void A_flag_is_stronger_than_the_environment_and_that_than_the_file()
    {
        var file = ("gitops.json", (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(
            """{ "format": 1, "repository": "/file", "reference": "file", "pollMs": 1000 /* often */ }"""));
        var reading = ControlPlaneSettings.Read(
            new Dictionary<string, string?> { ["repository"] = "/flag" },
            name => name switch { "GITOPS_REPOSITORY" => "/environment", "GITOPS_REFERENCE" => "environment", _ => null },
            file);

        var settings = Assert.IsType<SettingsReading.Read>(reading).Settings;
        Assert.Equal(new GitSource("/flag", new GitReference.Branch("environment")), settings.Source);
        Assert.Equal(TimeSpan.FromSeconds(1), settings.Poll);
    }

    [Fact]
    public void Everything_wrong_is_said_at_once_with_its_source()
    {
        var reading = ControlPlaneSettings.Read(
            new Dictionary<string, string?>
            {
                ["reference"] = "a..b",
                ["nodeEndpoint"] = "here",
                ["broker"] = "external",
                ["dataDirectory"] = "data",
                ["names"] = "a b",
            },
            _ => null,
            file: null);

        var refused = Assert.IsType<SettingsReading.Refused>(reading);
        Golden.Verify("hosting/settings.problems.txt",
            string.Concat(refused.Problems.Select(p => $"{p.Where}: {p.What}\n  fix: {p.Fix}\n")));
    }

    [Fact]
    public void Effective_settings_show_no_secret()
    {
        var settings = Read("repository=/srv/fleet.git", "webhookGithubSecret=hunter2");

        Assert.Equal("hunter2", settings.Webhooks[WebhookKind.GitHub]);
        Assert.DoesNotContain(settings.Effective, e => e.Value?.Contains("hunter2", StringComparison.Ordinal) is true);
        Golden.Verify("hosting/settings.effective.txt",
            string.Concat(settings.Effective.Select(e => $"{e.Name} = {e.Value ?? "-"} ({e.Source})\n")));
    }

    [Fact]
    public void What_works_on_the_data_directory_alone_needs_no_repository()
    {
        Assert.IsType<SettingsReading.Refused>(ControlPlaneSettings.Read(new Dictionary<string, string?>(), _ => null, file: null));
        Assert.IsType<SettingsReading.Read>(ControlPlaneSettings.Read(new Dictionary<string, string?>(), _ => null, file: null, needsRepository: false));
    }

    [Fact]
    public void An_external_broker_is_reached_by_its_address() =>
        Assert.Equal(
            new BrokerSetting.External(new Uri("mqtts://broker.example:8883")),
            Read("repository=/f", "broker=external", "brokerUrl=mqtts://broker.example:8883").Broker);

    private static ControlPlaneSettings Read(params string[] flags) =>
        Assert.IsType<SettingsReading.Read>(ControlPlaneSettings.Read(
            flags.ToDictionary(f => f.Split('=')[0], f => (string?)f.Split('=', 2)[1]), _ => null, file: null)).Settings;
}
