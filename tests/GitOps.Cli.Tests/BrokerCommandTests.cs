using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using GitOps.Bundles;
using GitOps.Bundles.Reports;
using GitOps.ControlPlane.Git;
using GitOps.ControlPlane.Hosting;
using GitOps.Manifests.Install;
using GitOps.Platform.Files;
using GitOps.Platform.Mqtt;
using GitOps.Platform.Processes;
using GitOps.Platform.Tls;
using GitOps.TestKit;
using GitOps.TestKit.Git;
using GitOps.TestKit.Net;
using Microsoft.Extensions.Logging.Abstractions;

namespace GitOps.Cli.Tests;

/// <summary>A real Mosquitto started with exactly what the command wrote, a control plane and nodes as its clients.</summary>
public sealed class BrokerCommandTests : IAsyncLifetime
{
    private const string Uid = "5b2f8f5e-6f0d-4f0a-9a4e-2f1f6f8f7c01";

    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "gitops.dll");

    private readonly TempDirectory _directory = new();
    private readonly TestGit _git = new();
    private readonly int _port = FreePort.Next();
    private ControlPlaneHost? _host;
    private LongProcess? _mosquitto;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_host is not null)
        {
            await _host.DisposeAsync();
        }

        await StopMosquittoAsync();
        _git.Dispose();
        _directory.Dispose();
    }

    [Fact]
    [Trait("needs", "mosquitto")]
    public async Task A_node_reports_through_the_Mosquitto_it_set_up_and_a_revoked_one_does_not()
    {
        var program = NeedsPackage.OrSkip("mosquitto");
        await StartControlPlaneAsync();
        await WriteFilesAsync();
        await StartMosquittoAsync(program);

        Enrol("first", force: false);
        await using (var node = Connect("first"))
        {
            await ReportUntilAcknowledgedAsync(node, 1);
        }

        Enrol("second", force: true);
        await WriteFilesAsync();
        await StopMosquittoAsync();
        await StartMosquittoAsync(program);

        await using var old = Connect("first");
        await using var renewed = Connect("second");
        await ReportUntilAcknowledgedAsync(renewed, 2);
        await Eventually.BecomesTrue(() => old.State is MqttLinkState.Disconnected, TimeSpan.FromSeconds(30), Token);
    }

    /// <summary>As the pod of <c>infra/cloud</c> does it: the command keeps the files, the script runs the broker.</summary>
    [Fact]
    [Trait("needs", "mosquitto")]
    public async Task Kept_files_and_the_script_of_the_pod_refuse_a_revoked_node_by_themselves()
    {
        var program = NeedsPackage.OrSkip("mosquitto");
        await using var keeper = LongProcess.Start(new Command([.. Arguments("--watch").Prepend(Program).Prepend("dotnet")]) { WorkingDirectory = _directory.Path })!;
        _mosquitto = LongProcess.Start(new Command(["sh", "-c", MosquittoSidecar.Script, "sh", _directory["mosquitto"]])
        {
            Environment = new Dictionary<string, string?>
            {
                ["PATH"] = $"{Path.GetDirectoryName(program)}:{Environment.GetEnvironmentVariable("PATH")}",
            },
        })!;
        await StartControlPlaneAsync();

        Enrol("first", force: false);
        await using var old = Connect("first");
        await ReportUntilAcknowledgedAsync(old, 1);

        Enrol("second", force: true);
        await Eventually.BecomesTrue(() => old.State is MqttLinkState.Disconnected, TimeSpan.FromSeconds(60), Token);
        await using var renewed = Connect("second");
        await ReportUntilAcknowledgedAsync(renewed, 2);
        await using var again = Connect("first");
        await Eventually.BecomesTrue(() => again.State is MqttLinkState.Disconnected, TimeSpan.FromSeconds(60), Token);

        var stop = await new CommandRunner(TimeProvider.System).RunAsync(new Command(["kill", "-TERM", $"{_mosquitto.Id}", $"{keeper.Id}"]), Token);
        Assert.Equal(0, stop.ExitCode);
        Assert.Equal(0, await _mosquitto.WaitForExitAsync(Token));
        Assert.Equal(0, await keeper.WaitForExitAsync(Token));
    }

    [Fact]
    public async Task What_Emqx_starts_with_is_a_Secret_with_a_certificate_of_the_fleet_for_the_name_of_the_broker()
    {
        await StartControlPlaneAsync();
        string[] arguments = ["broker", "emqx", "--repository", "/x", "--data-directory", _directory["data"], "--namespace", "edge"];
        var printed = await GitOpsRun.RunAsync(_directory.Path, [.. arguments, "--broker", "external", "--broker-url", "mqtts://broker.example:8883"]);

        Assert.True(printed.ExitCode == 0, printed.Error);
        var secret = JsonNode.Parse(printed.Output)!;
        Assert.Equal(("Secret", EmqxFiles.Secret, "edge"),
            ((string)secret["kind"]!, (string)secret["metadata"]!["name"]!, (string)secret["metadata"]!["namespace"]!));
        var files = secret["stringData"]!;
        using var broker = X509Certificate2.CreateFromPem((string)files[EmqxFiles.Certificate]!, (string)files[EmqxFiles.Key]!);
        using var authority = X509Certificate2.CreateFromPem((string)files[EmqxFiles.Authority]!);
        Assert.IsType<PeerVerdict.Accepted>(new PeerVerifier([authority], PeerRole.Server, TimeProvider.System.GetUtcNow).Verify(broker, name: "broker.example"));
        Golden.Verify("broker/emqx.acl.conf", (string)files[EmqxFiles.Access]!);

        Assert.Equal(2, (await GitOpsRun.RunAsync(_directory.Path, arguments)).ExitCode);
    }

    [Fact]
    public async Task Before_the_fleet_is_known_there_is_nothing_to_write()
    {
        var result = await GitOpsRun.RunAsync(
            _directory.Path, "broker", "mosquitto", "--repository", "/x", "--data-directory", _directory["data"]);

        Assert.Equal(5, result.ExitCode);
        Assert.False(Directory.Exists(_directory["mosquitto"]));
    }

    private async Task StartControlPlaneAsync()
    {
        _git.CommitAndPush("first", ("fleet.yaml", $$"""
            apiVersion: gitops.edge/v1
            kind: Fleet
            metadata: {name: f}
            spec:
              uid: {{Uid}}
              rollout: {strategy: allAtOnce}
            ---
            apiVersion: gitops.edge/v1
            kind: EdgeNode
            metadata: {name: press-1}
            spec: {}

            """));
        _host = await ControlPlaneHost.StartAsync(Settings(), NullLoggerFactory.Instance, TimeProvider.System, Token);
        await _host.Ready.WaitAsync(Token);
    }

    private async Task WriteFilesAsync()
    {
        var result = await GitOpsRun.RunAsync(_directory.Path, Arguments());
        Assert.True(result.ExitCode == 0, result.Error);
    }

    private string[] Arguments(params string[] more) =>
    [
        "broker", "mosquitto", "--repository", _git.RemoteUrl, "--data-directory", _directory["data"],
        "--broker", "external", "--broker-url", $"mqtts://localhost:{_port}", "--user", Environment.UserName, .. more,
    ];

    private Task StartMosquittoAsync(string program)
    {
        _mosquitto = LongProcess.Start(new Command([program, "-c", _directory["mosquitto/mosquitto.conf"]]));
        return Eventually.BecomesTrue(
            () =>
            {
                Assert.False(_mosquitto!.HasExited, $"mosquitto ended: {_mosquitto.Error}");
                return _mosquitto.Error.Contains("running", StringComparison.Ordinal);
            },
            TimeSpan.FromSeconds(30),
            Token);
    }

    private async Task StopMosquittoAsync()
    {
        if (_mosquitto is not null)
        {
            await _mosquitto.DisposeAsync();
            _mosquitto = null;
        }
    }

    private void Enrol(string folder, bool force) => Assert.IsType<ControlPlane.Identity.NodeEnrolled.Added>(
        NodeEnrolling.Add(Settings(), DiskFileLayer.Host, TimeProvider.System, "press-1", _directory[folder], force));

    private MqttLink Connect(string folder)
    {
        var link = new MqttLink(
            new MqttLinkOptions(new Uri($"mqtts://localhost:{_port}"), "press-1")
            {
                Identity = CertificateFiles.LoadIdentity(DiskFileLayer.Host, $"{_directory[folder]}/node.crt", $"{_directory[folder]}/node.key"),
                Verifier = new PeerVerifier(
                    CertificateFiles.LoadAuthorities(DiskFileLayer.Host, $"{_directory[folder]}/ca.crt"), PeerRole.Server, TimeProvider.System.GetUtcNow),
                Subscriptions = [new MqttSubscription(Topics.Ack(Uid, "press-1"))],
                InitialBackoff = TimeSpan.FromMilliseconds(50),
            },
            TimeProvider.System,
            Random.Shared);
        link.Start();
        return link;
    }

    /// <summary>As an agent does: the control plane may not be connected yet.</summary>
    private static Task ReportUntilAcknowledgedAsync(MqttLink node, long sequence)
    {
        var report = new NodeReport
        {
            Fleet = Uid,
            Node = "press-1",
            BootId = "boot",
            Sequence = sequence,
            Time = DateTimeOffset.UnixEpoch,
            Agent = new AgentVersion("0.1.0", 1),
            Phase = NodePhase.Converged,
        };
        return Eventually.BecomesTrue(
            async () =>
            {
                await node.PublishAsync(Topics.Report(Uid, "press-1"), ReportJson.Write(report), MqttQuality.AtLeastOnce, false, Token);
                while (node.Messages.TryRead(out var message))
                {
                    if (ReportJson.TryReadAck(message.Payload.Span) == new Ack("boot", sequence))
                    {
                        return true;
                    }
                }

                return false;
            },
            TimeSpan.FromSeconds(60),
            Token);
    }

    private ControlPlaneSettings Settings() => new()
    {
        Source = new GitSource(_git.RemoteUrl, new GitReference.Branch("main")),
        DataDirectory = _directory["data"],
        NodeEndpoint = new IPEndPoint(IPAddress.Loopback, 0),
        PeopleEndpoint = new IPEndPoint(IPAddress.Loopback, 0),
        Names = ["localhost"],
        Broker = new BrokerSetting.External(new Uri($"mqtts://localhost:{_port}")),
    };
}
