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

    /// <summary>Where its files lie.</summary>
    public string Root => $"{directory}/root";

    private string Identity => $"{directory}/identity";

    /// <summary>As <c>gitops node add</c> does it; Git may write below <see cref="Root"/>.</summary>
    public void Enrol(ControlPlaneSettings settings)
    {
        Directory.CreateDirectory(Root);
        if (NodeEnrolling.Add(settings, DiskFileLayer.Host, TimeProvider.System, name, Identity, force: false) is NodeEnrolled.Refused(var problem))
        {
            throw new InvalidOperationException(problem.ToString());
        }

        File.WriteAllText($"{Identity}/policy.json", $$"""{ "format": 1, "paths": ["{{Root}}"] }""");
    }

    public void Start(AgentProgram program, TimeSpan poll) =>
        _process = LongProcess.Start(new Command([program.Path, "run", "--identity", Identity])
        {
            Environment = new Dictionary<string, string?>
            {
                ["GITOPS_AGENT_STATE_DIRECTORY"] = $"{directory}/state",
                ["GITOPS_AGENT_POLL_MS"] = poll.TotalMilliseconds.ToString(CultureInfo.InvariantCulture),
            },
        }) ?? throw new InvalidOperationException($"{program.Path} cannot be started");

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
        if (_process is { } process)
        {
            _process = null;
            await process.DisposeAsync();
        }
    }
}
