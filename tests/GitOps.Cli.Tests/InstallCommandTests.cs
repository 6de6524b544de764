using System.Text;
using System.Text.Json.Nodes;
using GitOps.ControlPlane.Hosting;
using GitOps.Manifests.Install;
using GitOps.TestKit;
using GitOps.TestKit.Kubernetes;

namespace GitOps.Cli.Tests;

public sealed class InstallCommandTests : IDisposable
{
    private static readonly string[] ByHand = ["Secret/gitops-people", "Secret/gitops-git"];

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task The_manifests_of_a_control_plane()
    {
        var result = await InstallAsync();

        Assert.Equal(0, result.ExitCode);
        Golden.Verify("install/output.txt", result.Output.Replace(_directory.Path, "DIR", StringComparison.Ordinal));
        foreach (var file in Directory.GetFiles(_directory["out"]).Where(file => !file.EndsWith("10-edgeregistrations.yaml", StringComparison.Ordinal)))
        {
            Golden.Verify($"install/{Path.GetFileName(file)}", await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
        }
    }

    [Fact]
    public async Task They_are_what_a_cluster_takes()
    {
        await InstallAsync();

        Assert.Equal([], KubernetesCheck.Problems(Objects(), ByHand));
    }

    /// <summary>The check itself can see: each change is one that an API server or the kubelet would trip over.</summary>
    [Fact]
    public async Task What_a_cluster_would_not_take_is_found()
    {
        await InstallAsync();

        Assert.Equal(["StatefulSet/gitops-control-plane: the Secret gitops-people is not there"], KubernetesCheck.Problems(Objects()));
        Assert.Contains("Service/gitops-nodes: its pods have no port wrong", Changed("Service", "gitops-nodes", o => o["spec"]!["ports"]![0]!["targetPort"] = "wrong"));
        Assert.Contains("Service/gitops-people: no pod matches its selector", Changed("Service", "gitops-people", o => o["spec"]!["selector"]!["x"] = "y"));
        Assert.Contains("NetworkPolicy/gitops-control-plane: its pods have no port gone",
            Changed("NetworkPolicy", "gitops-control-plane", o => o["spec"]!["ingress"]![1]!["ports"]![0]!["port"] = "gone"));
        Assert.Contains("RoleBinding/gitops-control-plane: the Role other is not there", Changed("RoleBinding", "gitops-control-plane", o => o["roleRef"]!["name"] = "other"));
        Assert.Contains("Role/gitops-control-plane: v1 has no Role", Changed("Role", "gitops-control-plane", o => o["apiVersion"] = "v1"));
        Assert.Contains("StatefulSet/gitops-control-plane: control-plane is not restricted",
            Changed("StatefulSet", "gitops-control-plane", o => o["spec"]!["template"]!["spec"]!["securityContext"]!["runAsNonRoot"] = false));
    }

    [Fact]
    public async Task The_settings_in_them_are_settings_of_gitops_serve()
    {
        await InstallAsync("--git", "sshKey");

        var map = Objects().Single(o => o["kind"]!.GetValue<string>() == "ConfigMap");
        var json = Encoding.UTF8.GetBytes(map["data"]!["gitops.json"]!.GetValue<string>());
        var reading = ControlPlaneSettings.Read(new Dictionary<string, string?>(), _ => null, ("gitops.json", json));
        var settings = Assert.IsType<SettingsReading.Read>(reading).Settings;
        Assert.Equal("/run/gitops/people/token", settings.PeopleTokenFile);
        Assert.Equal("/run/gitops/git/key", settings.Source.SshKeyFile);
        Assert.Equal(["control.dev.example"], settings.Names);
    }

    /// <summary>The empty line of an armor, a colon and a comment sign are where a block of YAML goes wrong.</summary>
    [Fact]
    public async Task Keys_of_signers_are_files_beside_the_settings_as_they_were()
    {
        const string Armored = "-----BEGIN PGP PUBLIC KEY BLOCK-----\nComment: Jürgen\n\nmDMEZ0\n=abcd\n-----END PGP PUBLIC KEY BLOCK-----\n";
        const string Ssh = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g alice: ${namespace} # x\n";
        await File.WriteAllTextAsync(_directory["juergen.asc"], Armored, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(_directory["alice.pub"], Ssh, TestContext.Current.CancellationToken);

        await InstallAsync("--commit-keys", "juergen.asc,alice.pub");

        var data = Objects().Single(o => o["kind"]!.GetValue<string>() == "ConfigMap")["data"]!;
        Assert.Equal(Armored, data["juergen.asc"]!.GetValue<string>());
        Assert.Equal(Ssh, data["alice.pub"]!.GetValue<string>());
        var json = Encoding.UTF8.GetBytes(data["gitops.json"]!.GetValue<string>());
        var reading = ControlPlaneSettings.Read(new Dictionary<string, string?>(), _ => null, ("gitops.json", json));
        Assert.Equal(["/etc/gitops/alice.pub", "/etc/gitops/juergen.asc"], Assert.IsType<SettingsReading.Read>(reading).Settings.CommitKeys);
    }

    [Theory]
    [InlineData("loadBalancer", "LoadBalancer", "Local")]
    [InlineData("clusterIP", "ClusterIP", null)] // an API server refuses the policy there
    public async Task Nodes_come_as_somebody_says_and_the_pod_takes_what_it_may(string exposure, string type, string? policy)
    {
        await InstallAsync("--exposure", exposure, "--cpu", "0.5", "--memory", "1Gi");

        var service = Objects().Single(o => o["kind"]!.GetValue<string>() == "Service" && o["metadata"]!["name"]!.GetValue<string>() == "gitops-nodes")["spec"]!;
        Assert.Equal((type, policy), (service["type"]!.GetValue<string>(), service["externalTrafficPolicy"]?.GetValue<string>()));
        var resources = Objects().Single(o => o["kind"]!.GetValue<string>() == "StatefulSet")["spec"]!["template"]!["spec"]!["containers"]![0]!["resources"]!;
        Assert.Equal(("0.5", "1Gi", "1Gi"), (resources["requests"]!["cpu"]!.ToString(), resources["requests"]!["memory"]!.ToString(), resources["limits"]!["memory"]!.ToString()));
    }

    [Fact]
    public async Task Secrets_of_webhooks_come_by_variables_that_gitops_serve_reads()
    {
        await InstallAsync();

        var container = Objects().Single(o => o["kind"]!.GetValue<string>() == "StatefulSet")["spec"]!["template"]!["spec"]!["containers"]![0]!;
        var variables = container["env"]!.AsArray().Where(variable => variable!["valueFrom"] is not null).Select(variable => variable!["name"]!.GetValue<string>());
        Assert.Equal(KnownSettings.All.Where(setting => setting.IsSecret).Select(setting => setting.Variable(KnownSettings.Prefix)), variables);
        Assert.Equal(KnownSettings.All.Where(setting => setting.IsSecret).Select(setting => setting.Name), WebhookSecret.All.Select(webhook => webhook.Setting));
    }

    [Theory]
    [InlineData("https://git.example/fleet.git", "443 6443")]
    [InlineData("https://git.example:3000/fleet.git", "443 3000 6443")]
    [InlineData("http://git.example/fleet.git", "80 443 6443")]
    [InlineData("ssh://git@git.example/fleet.git", "22 443 6443")]
    [InlineData("ssh://git@git.example:2222/fleet.git", "443 2222 6443")]
    [InlineData("git@git.example:fleet.git", "22 443 6443")]
    public async Task The_pod_reaches_the_port_of_its_repository(string repository, string ports)
    {
        await InstallAsync("--repository", repository);

        var policy = Objects().Single(o => o["kind"]!.GetValue<string>() == "NetworkPolicy" && o["metadata"]!["name"]!.GetValue<string>() == "gitops-control-plane");
        Assert.Equal(ports, string.Join(' ', policy["spec"]!["egress"]![1]!["ports"]!.AsArray().Select(port => port!["port"]!.ToString())));
    }

    [Fact]
    public async Task Everything_wrong_is_said_at_once_and_nothing_is_written()
    {
        await File.WriteAllTextAsync(_directory["private"], "-----BEGIN OPENSSH PRIVATE KEY-----\n", TestContext.Current.CancellationToken);
        var result = await GitOpsRun.RunAsync(
            _directory.Path, "install", "--export", "out", "--image", "gitops", "--repository", "r", "--names", "a b", "--namespace", "X", "--storage", "much",
            "--commit-keys", "gone.asc,private", "--cpu", "-1", "--memory", "");

        Assert.Equal(2, result.ExitCode);
        Assert.Equal(9, result.Error.Split('\n').Count(line => line.StartsWith("gitops: --", StringComparison.Ordinal)));
        Assert.False(Directory.Exists(_directory["out"]));
    }

    private Task<Platform.Processes.CommandResult> InstallAsync(params string[] more) => GitOpsRun.RunAsync(
        _directory.Path,
        [
            "install", "--export", "out", "--image", "gitops.example/gitops:0.1.0", "--names", "control.dev.example", .. more,
            .. more.Contains("--repository") ? (string[])[] : ["--repository", "https://git.example/fleet.git"],
        ]);

    private List<JsonObject> Objects() =>
        [.. Directory.GetFiles(_directory["out"]).Order(StringComparer.Ordinal).SelectMany(file => YamlJson.Read(Path.GetFileName(file), File.ReadAllText(file)))];

    private IReadOnlyList<string> Changed(string kind, string name, Action<JsonObject> change)
    {
        var objects = Objects();
        change(objects.Single(o => o["kind"]!.GetValue<string>() == kind && o["metadata"]!["name"]!.GetValue<string>() == name));
        return KubernetesCheck.Problems(objects, ByHand);
    }
}
