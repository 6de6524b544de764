using GitOps.Agent.Host.Processes;
using GitOps.Agent.Host.Tests.Storage.Syncing;
using GitOps.Agent.Storage.Replicas;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;
using GitOps.TestKit.Net;

namespace GitOps.Agent.Host.Tests.Storage.Replicas;

/// <summary>Nodes with a real Syncthing each.</summary>
public sealed class ReplicaTests : IAsyncDisposable
{
    private readonly int _port = FreePort.Next();
    private readonly ReplicaNode _one = new("press-1", "127.0.1.1");
    private readonly ReplicaNode _two = new("press-2", "127.0.1.2");

    private SyncSpec Pair => ReplicaNode.Spec(_port, [_one.Peer, _two.Peer]);

    public async ValueTask DisposeAsync()
    {
        await _one.DisposeAsync();
        await _two.DisposeAsync();
    }

    [Fact]
    public async Task What_changes_on_one_node_is_on_the_other_also_after_a_kill_and_stays_when_the_sync_leaves()
    {
        _one.Write("a.txt", "one");
        await BothAsync(Pair);
        await _two.UntilAsync(node => node.Read("a.txt") == "one");
        _two.Write("a.txt", "two");
        await _one.UntilAsync(node => node.Read("a.txt") == "two");

        ProcessTable.Signal(Assert.Single(_two.Processes), "SIGKILL");
        _one.Write("b.txt", "after the kill");
        await _two.UntilAsync(node => node.Read("b.txt") == "after the kill");
        var left = Assert.Single(_two.Processes);
        await _two.Rig.Driver.SettleAsync(SyncRig.Stop); // as an agent does that was killed and comes back
        await _two.UntilAsync(node => node.Processes is [var again] && again != left);
        Assert.Contains(_two.Rig.Notes, note => note.Code == ReplicaCodes.Failed.Id);
        File.Delete($"{_one.Folder}/a.txt");
        await _two.UntilAsync(node => node.Read("a.txt") is null);
        await _two.UntilReportAsync(report => report is { State: SyncPhase.Waiting, LastSuccess: not null, Message: null, Last: { Files: 1, Conflicts: 0 } });

        await _two.LeaveAsync(Pair);
        Assert.Empty(_two.Processes);
        Assert.Equal(["b.txt"], _two.Names);
        await _one.UntilReportAsync(report => report.Message == "not connected: press-2");
    }

    [Fact]
    public async Task What_changed_on_both_while_they_were_apart_is_kept_in_both_versions_and_told_until_a_person_has_chosen()
    {
        _one.Write("a.txt", "before");
        await BothAsync(Pair);
        await _two.UntilAsync(node => node.Read("a.txt") == "before");
        await _one.TakePartAsync(Pair, suspend: "a test");
        await _one.UntilReportAsync(report => report is { State: SyncPhase.Waiting, Message: "it is suspended: a test" });
        Assert.Empty(_one.Processes);
        _one.Write("a.txt", "of one");
        _two.Write("a.txt", "of two, longer");

        await _one.TakePartAsync(Pair);
        foreach (var node in (ReplicaNode[])[_one, _two])
        {
            await node.UntilReportAsync(report => report.Last?.Conflicts == 1 && report.Message!.StartsWith(ReplicaCodes.Conflict.Id, StringComparison.Ordinal));
            Assert.Equal(["of one", "of two, longer"], node.Names.Select(node.Read).Order(StringComparer.Ordinal));
            Assert.Equal("SyncConflict", Assert.Single(node.Rig.Whole.Conditions).Type);
        }

        File.Delete($"{_two.Folder}/{_two.Names.Single(name => name.Contains("sync-conflict", StringComparison.Ordinal))}");
        _two.Rig.Driver.RunNow("recipes");
        await _one.UntilReportAsync(report => report is { State: SyncPhase.Waiting, Last.Conflicts: 0, Message: null });
        Assert.Empty(_one.Rig.Whole.Conditions);
    }

    [Fact]
    public async Task Where_one_node_is_the_source_what_others_change_is_put_aside_and_what_is_replaced_is_kept()
    {
        var spec = Pair with { Remote = Pair.Remote with { Nodes = Pair.Remote.Nodes! with { Source = "press-1", KeepReplaced = true } } };
        _one.Write("a.txt", "first");
        _two.Write("own.txt", "was here before");
        await BothAsync(spec);
        await _two.UntilAsync(node => node.Read("a.txt") == "first" && node.Names.Count == 1);
        Assert.Equal("was here before", Assert.Single(Beside(".conflicts")));
        _one.Write("a.txt", "second");
        await _two.UntilAsync(node => node.Read("a.txt") == "second");
        Assert.Contains("first", Beside(".replaced"));

        _two.Write("a.txt", "mine");
        await _two.UntilAsync(node => Beside(".conflicts").Contains("mine") && node.Read("a.txt") == "second");
        Assert.Equal("second", _one.Read("a.txt"));
        Assert.Contains(_two.Rig.Notes, note => note.Code == ReplicaCodes.PutBack.Id);

        IEnumerable<string> Beside(string suffix) => Directory.Exists($"{_two.Folder}{suffix}")
            ? Directory.EnumerateFiles($"{_two.Folder}{suffix}", "*", SearchOption.AllDirectories).Select(File.ReadAllText) : [];
    }

    [Fact]
    public async Task Whom_Git_does_not_declare_or_not_any_more_is_not_let_in()
    {
        await using var stranger = new ReplicaNode("press-3", "127.0.1.3");
        _one.Write("a.txt", "not for everybody");
        await BothAsync(Pair);
        await _two.UntilAsync(node => node.Read("a.txt") is not null);
        var all = ReplicaNode.Spec(_port, [_one.Peer, _two.Peer, stranger.Peer]);
        await stranger.TakePartAsync(all);

        await _one.UntilReportAsync(report => report.Message?.StartsWith($"{ReplicaCodes.Stranger.Id}: not let in: {stranger.Peer.Id} at 127.0.", StringComparison.Ordinal) == true);
        Assert.Empty(stranger.Names);

        await _one.TakePartAsync(ReplicaNode.Spec(_port, [_one.Peer, stranger.Peer]));
        await stranger.UntilAsync(node => node.Read("a.txt") is not null);
        _one.Write("b.txt", "no more for press-2");
        await stranger.UntilAsync(node => node.Read("b.txt") is not null);
        await _two.UntilReportAsync(report => report.Message?.Contains("not connected: press-1", StringComparison.Ordinal) == true || report.Message?.StartsWith(ReplicaCodes.Stranger.Id, StringComparison.Ordinal) == true);
        Assert.Equal(["a.txt"], _two.Names);
    }

    [Fact]
    public async Task A_node_that_Git_declares_under_another_id_takes_part_in_nothing_and_says_which_it_has()
    {
        await _one.TakePartAsync(ReplicaNode.Spec(_port, [_one.Peer with { Id = _two.Peer.Id }, _two.Peer with { Id = _one.Peer.Id }]));

        await _one.UntilReportAsync(report => report.State == SyncPhase.Stopped);
        Assert.Equal($"AGT270: the replica id of node 'press-1' is {_one.Peer.Id}, and Git says {_two.Peer.Id}", _one.Rig.Report.Message);
        Assert.Empty(_one.Processes);
        Assert.False(Directory.Exists(_one.Folder));
    }

    [Fact]
    public async Task Outside_of_its_window_a_replica_does_not_run_and_what_changed_comes_when_it_opens()
    {
        _one.Write("a.txt", "one");
        await BothAsync(Pair);
        await _two.UntilAsync(node => node.Read("a.txt") == "one");
        var now = TimeOnly.FromDateTime(DateTime.UtcNow);
        var closed = Pair with { TimeZone = "UTC", Windows = [new DailyWindow(now.AddHours(2), now.AddHours(3))] };

        await _two.TakePartAsync(closed);
        await _two.UntilReportAsync(report => report.State == SyncPhase.Waiting && report.Message?.StartsWith("for its window", StringComparison.Ordinal) == true);
        await _two.UntilAsync(node => node.Processes.Count == 0);
        _one.Write("b.txt", "while it was closed");
        Assert.Equal(["a.txt"], _two.Names);

        await _two.TakePartAsync(closed with { Windows = [new DailyWindow(now.AddHours(-1), now.AddHours(1))] });
        await _two.UntilAsync(node => node.Read("b.txt") == "while it was closed");
    }

    [Fact]
    public async Task A_folder_that_is_gone_is_not_made_anew_and_nothing_is_deleted_elsewhere()
    {
        _one.Write("a.txt", "one");
        await BothAsync(Pair);
        await _two.UntilAsync(node => node.Read("a.txt") == "one");
        await _one.UntilReportAsync(report => report.LastSuccess is not null);
        await _one.TakePartAsync(Pair, suspend: "the disk is changed");
        await _one.UntilReportAsync(report => report is { State: SyncPhase.Waiting, Message: "it is suspended: the disk is changed" });
        Directory.Move(_one.Folder, $"{_one.Folder}-elsewhere");

        await _one.TakePartAsync(Pair);
        await _one.UntilReportAsync(report => report.State == SyncPhase.Failing && report.Message!.StartsWith(ReplicaCodes.Failed.Id, StringComparison.Ordinal));
        Assert.False(Directory.Exists(_one.Folder));
        Assert.Equal("one", _two.Read("a.txt"));
    }

    private async Task BothAsync(SyncSpec spec)
    {
        await _one.TakePartAsync(spec);
        await _two.TakePartAsync(spec);
    }
}
