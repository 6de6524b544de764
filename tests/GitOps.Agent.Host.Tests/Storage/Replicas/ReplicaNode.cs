using System.Runtime.CompilerServices;
using GitOps.Agent.Host.Processes;
using GitOps.Agent.Host.Tests.Storage.Syncing;
using GitOps.Bundles;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;
using GitOps.TestKit;

namespace GitOps.Agent.Host.Tests.Storage.Replicas;

/// <summary>A node with a real Syncthing, at a loopback address of its own.</summary>
internal sealed class ReplicaNode : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private readonly SyncRig _rig;

    public ReplicaNode(string name, string address)
    {
        NeedsPackage.OrSkip("syncthing");
        (Name, _rig) = (name, new SyncRig(node: name));
        Peer = new ReplicaPeer(name, _rig.Driver.ReplicaId, address);
    }

    public string Name { get; }

    public ReplicaPeer Peer { get; }

    public string Folder => _rig.Folder;

    public SyncRig Rig => _rig;

    public IReadOnlyList<int> Processes => ProcessTable.FindMarked(_rig.Mark);

    public ValueTask DisposeAsync() => _rig.DisposeAsync();

    public static SyncSpec Spec(int port, IEnumerable<ReplicaPeer> peers)
    {
        var group = new ReplicaGroup { Port = port, Peers = peers.ToEquatableArray() };
        return SyncRig.Pull(new SyncRemote { Kind = RemoteKind.Nodes, Nodes = group }) with { Mode = SyncMode.Replicate };
    }

    /// <summary>Takes part from now on, as the spec says.</summary>
    /// <param name="suspend">Why it is not to for now.</param>
    public Task TakePartAsync(SyncSpec spec, string? suspend = null) => _rig.Runner.TurnAsync(SyncRig.Unit(spec) with { Suspend = suspend }, null, SyncRig.Stop);

    /// <summary>Takes part no more.</summary>
    public Task LeaveAsync(SyncSpec spec) => _rig.Runner.UntilAsync(null, SyncRig.Unit(spec), plan => plan.Steps.IsEmpty, SyncRig.Stop);

    /// <summary>Changes a file, and has all of them looked at: Syncthing leaves out what the kernel tells of a file that it is just bringing.</summary>
    public void Write(string path, string text)
    {
        Directory.CreateDirectory(Folder);
        File.WriteAllText($"{Folder}/{path}", text);
        _rig.Driver.RunNow("recipes");
    }

    public string? Read(string path) => File.Exists($"{Folder}/{path}") ? File.ReadAllText($"{Folder}/{path}") : null;

    /// <summary>Names in the folder, without Syncthing's own.</summary>
    public IReadOnlyList<string> Names => [.. Directory.EnumerateFiles(Folder).Select(path => Path.GetFileName(path)).Where(name => name[0] != '.').Order(StringComparer.Ordinal)];

    public Task UntilAsync(Func<ReplicaNode, bool> holds, [CallerArgumentExpression(nameof(holds))] string what = "") =>
        Eventually.BecomesTrue(() => holds(this), Limit, SyncRig.Stop, $"{Name}: {what}");

    public async Task UntilReportAsync(Func<SyncReport, bool> holds, [CallerArgumentExpression(nameof(holds))] string what = "")
    {
        SyncReport? last = null;
        try
        {
            await Eventually.BecomesTrue(() => holds(last = _rig.Report), Limit, SyncRig.Stop, $"{Name}: {what}");
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            Assert.Fail($"{failure.Message}\nthe last report: {last}");
        }
    }
}
