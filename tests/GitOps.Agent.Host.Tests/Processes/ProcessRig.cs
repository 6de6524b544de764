using GitOps.Agent.Host.Configuration;
using GitOps.Agent.Host.Processes;
using GitOps.Agent.Host.Store;
using GitOps.Agent.Planning;
using GitOps.Agent.Workloads;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;
using GitOps.Platform.Processes;
using GitOps.TestKit;

namespace GitOps.Agent.Host.Tests.Processes;

/// <summary>Real processes under real shims, on folders of their own. What runs is ended with it.</summary>
internal sealed class ProcessRig : IAsyncDisposable
{
    private static readonly string Program = AppContext.BaseDirectory
        .Replace("/tests/GitOps.Agent.Host.Tests/", "/edge-agent/GitOps.Agent.Host/", StringComparison.Ordinal) + "gitops-agent.dll";

    private readonly TempDirectory _folder = new();
    private readonly List<Unit> _units = [];

    public ProcessRig()
    {
        Paths = new AgentPaths(_folder["identity"], _folder["state"]);
        var layer = DiskFileLayer.Host;
        foreach (var folder in new[] { Paths.Runs, Paths.Units, Paths.Logs, Paths.Blobs })
        {
            layer.EnsureDirectory(folder, (UnixFileMode)0x1C0);
        }

        var contents = new ContentResolver(layer, new LocalBlobs(layer, Paths.Blobs));
        Driver = new ProcessDriver(Paths, layer, ["dotnet", Program], contents, new CommandRunner(TimeProvider.System), TimeProvider.System)
        {
            Note = (problem, _) => Notes.Add(problem),
        };
        Runner = new UnitRunner(new UnitKind<WorkloadState, WorkloadStep>(UnitKinds.Workload, new WorkloadPlanner(), Driver));
        Runs = new ShimFiles(layer, Paths.Runs);
    }

    public AgentPaths Paths { get; }

    public ProcessDriver Driver { get; }

    public UnitRunner Runner { get; }

    public ShimFiles Runs { get; }

    public List<Problem> Notes { get; } = [];

    public Unit Unit(string name, string script, ResourceLimits? resources)
    {
        var unit = new Unit(name, new WorkloadSpec
        {
            Process = new ProcessSpec { Command = ["/bin/sh", "-c", script], Restart = RestartPolicy.Never, StopGraceMs = 1, Resources = resources },
        });
        _units.RemoveAll(u => u.Id == unit.Id);
        _units.Add(unit);
        Runner.Context = Runner.Context with { Desired = Bundle.Of([.. _units]) };
        return unit;
    }

    public string ReadLog(string name) => File.ReadAllText($"{Paths.Logs}/{name}/log");

    public async ValueTask DisposeAsync()
    {
        foreach (var unit in _units)
        {
            await Runner.UntilAsync(null, unit, plan => plan.Steps.IsEmpty, TestContext.Current.CancellationToken);
        }

        await Driver.DisposeAsync();
        _folder.Dispose();
    }
}
