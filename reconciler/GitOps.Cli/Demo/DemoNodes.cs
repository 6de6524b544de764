using System.Text;
using GitOps.Bundles.Reports;
using GitOps.Cli.Sources;
using GitOps.ControlPlane.Api;
using GitOps.ControlPlane.Git;
using GitOps.ControlPlane.Hosting;
using GitOps.ControlPlane.Identity;
using GitOps.Manifests;
using GitOps.Platform.Files;
using GitOps.Platform.Processes;
using GitOps.Reconciler.Compile;
using GitOps.Reconciler.Diffing;
using GitOps.Simulation.Modbus;

namespace GitOps.Cli.Demo;

/// <summary>What the demo does to and looks up about nodes, the way a person would with the commands of this program.</summary>
internal static class DemoNodes
{
    /// <summary>As <c>gitops node add</c>.</summary>
    public static void Enrol(DemoWorld world, DemoAgent agent)
    {
        switch (NodeEnrolling.Add(world.Settings, DiskFileLayer.Host, TimeProvider.System, agent.Name, agent.Identity, force: false))
        {
            case NodeEnrolled.Refused(var problem):
                throw new SceneFailedException(problem.ToString());
            case NodeEnrolled.Added:
                Allow(agent);
                break;
        }
    }

    /// <summary>What a person does at the machine: allow what Git may touch there.</summary>
    public static void Allow(DemoAgent agent) => File.WriteAllText($"{agent.Identity}/policy.json", $$"""
        {
          "format": 1,
          "paths": ["{{agent.Root}}"],
          "users": [],
          "exec": ["/usr/bin", "/bin"],
          "devices": { "hosts": ["127.0.0.1"], "writable": ["*"] }
        }
        """);

    public static float Setpoint(ModbusPlc plc) => plc.Look(memory => PlcMemory.ReadSingle(memory.Holdings, Boiler.SetpointHolding));

    /// <summary>What a node reports of one of its volumes; null when nothing.</summary>
    public static async Task<VolumeReport?> VolumeAsync(ApiClient api, string node, string name, CancellationToken cancellationToken) =>
        await api.GetNodeAsync(node, cancellationToken) is ApiAnswer<NodeDocument>.Ok({ Report: { } report }) &&
        ReportJson.TryReadReport(Encoding.UTF8.GetBytes(report.GetRawText())) is { } read
            ? read.Volumes.FirstOrDefault(volume => volume.Name == name)
            : null;

    /// <summary>The files of the newest commit.</summary>
    public static async Task<IReadOnlyList<SourceFile>> HeadAsync(
        DemoRepository repository, ICommandRunner commands, CancellationToken cancellationToken)
    {
        var local = new LocalRepository(repository.WorkTree, commands, TimeProvider.System);
        return await local.FindAsync("HEAD", cancellationToken) is RevisionLookup.Found(var commit) &&
            await local.ReadAsync(commit, previous: null, cancellationToken) is SourceReading.Read(var root, _)
                ? [.. root.AllFiles()]
                : throw new SceneFailedException("HEAD of the demo's repository cannot be read");
    }

    /// <summary>What the changes in the work tree would do, as <c>gitops diff</c> says it.</summary>
    public static Preview Diff(string workTree, IReadOnlyList<SourceFile> head)
    {
        var before = FleetCompiler.Compile(head) is CompileResult.Compiled(var bundles, _) ? bundles : null;
        return FleetCompiler.Compile(WorkTree.Read(workTree)) is CompileResult.Compiled(var after, var warnings)
            ? Preview.Of(before, after, warnings, new Dictionary<string, NodeOutlook>())
            : throw new SceneFailedException("the changed work tree is not valid");
    }
}
