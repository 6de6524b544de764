using System.Globalization;
using GitOps.ControlPlane.Hosting;
using GitOps.ControlPlane.Identity;
using GitOps.Platform.Files;
using GitOps.Platform.Http;
using GitOps.Platform.Processes;
using GitOps.Platform.Tls;

namespace GitOps.Benchmarks.Convergence;

/// <summary>One node: an identity, folders, and a real agent process.</summary>
internal sealed class BenchAgent(string name, string directory) : IAsyncDisposable
{
    private LongProcess? _process;

    public string Name => name;

    public int ProcessId => _process!.Id;

    /// <summary>What it wrote on standard error.</summary>
    public string Log => _process?.Error ?? "";

    /// <summary>Who keeps the clock, as the agent's setting says it.</summary>
    public string Clock { get; init; } = "detect";

    /// <summary>Where its files lie.</summary>
    public string Root => $"{directory}/root";

    /// <summary>Where people at the machine ask it.</summary>
    public string Socket => $"{State}/control/agent.sock";

    private string State => $"{directory}/state";

    private string Identity => $"{directory}/identity";

    /// <summary>As <c>gitops node add</c> does it; Git may write below <see cref="Root"/>.</summary>
    public void Enrol(ControlPlaneSettings settings)
    {
        Directory.CreateDirectory(Root);
        if (NodeEnrolling.Add(settings, DiskFileLayer.Host, TimeProvider.System, name, Identity, force: false) is NodeEnrolled.Refused(var problem))
        {
            throw new InvalidOperationException(problem.ToString());
        }

        File.WriteAllText($"{Identity}/policy.json", $$"""{ "format": 1, "paths": ["{{Root}}"], "exec": ["/usr/bin", "/bin"], "devices": { "hosts": ["*"], "writable": ["*"] } }""");
    }

    /// <param name="within">A command that becomes the one it is given, such as <c>ip netns exec</c>.</param>
    public void Start(AgentProgram program, TimeSpan poll, params IReadOnlyList<string> within) =>
        _process = LongProcess.Start(new Command([.. within, program.Path, "run", "--identity", Identity])
        {
            Environment = new Dictionary<string, string?>
            {
                ["GITOPS_AGENT_STATE_DIRECTORY"] = State,
                ["GITOPS_AGENT_CLOCK"] = Clock,
                ["GITOPS_AGENT_POLL_MS"] = poll.TotalMilliseconds.ToString(CultureInfo.InvariantCulture),
            },
        }) ?? throw new InvalidOperationException($"{program.Path} cannot be started");

    /// <summary>Has a sync run now, as a person at the machine does.</summary>
    public async Task SyncAsync(AgentProgram program, string sync, ICommandRunner commands, CancellationToken cancellationToken)
    {
        var asked = await commands.RunAsync([program.Path, "storage", "sync", sync, "--identity", Identity, "--state-directory", State], cancellationToken);
        if (!asked.Succeeded)
        {
            throw new InvalidOperationException($"the agent does not sync: {asked.Error}");
        }
    }

    /// <summary>Only the agent: what it keeps running goes on.</summary>
    public async Task KillAsync(CancellationToken cancellationToken)
    {
        ProcessSignals.Send(ProcessId, ProcessSignals.Kill);
        _ = await _process!.WaitForExitAsync(cancellationToken);
        await EndAsync();
    }

    /// <summary>A client with the node's identity, as its agent has one.</summary>
    public NodeHttp Connect(Uri server)
    {
        var layer = DiskFileLayer.Host;
        return new NodeHttp(
            new NodeHttpOptions(server)
            {
                Identity = CertificateFiles.LoadIdentity(layer, $"{Identity}/node.crt", $"{Identity}/node.key"),
                Verifier = new PeerVerifier(
                    CertificateFiles.LoadAuthorities(layer, $"{Identity}/ca.crt"), PeerRole.Server, TimeProvider.System.GetUtcNow),
            },
            TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        NodeProcesses.KillBelow(directory);
    }

    private async Task EndAsync()
    {
        if (_process is { } process)
        {
            _process = null;
            await process.DisposeAsync();
        }
    }
}
