using GitOps.Bundles;
using GitOps.Bundles.Reports;
using static GitOps.Agent.Tests.Loop.FakeWorld;

namespace GitOps.Agent.Tests.Loop;

/// <summary>A policy that was made stricter on the node, and a first bundle that fails: what runs goes on.</summary>
public sealed class StricterPolicyTests : IDisposable
{
    private static readonly UnitId Web = UnitId.Parse("workload/web");
    private static readonly UnitId Motd = UnitId.Parse("file/motd");
    private readonly TestNode _node = new();

    public void Dispose() => _node.Dispose();

    [Fact]
    public async Task A_unit_that_a_stricter_policy_forbids_is_refused_by_name_and_nothing_more_is_done_to_it()
    {
        _node.Fleet.Publish(Bundle.Of([Workload("web"), File("motd", "hello")]));
        await _node.ConvergeAsync();
        _node.Policy = _node.Policy with { Paths = ["/opt"] };
        _node.Restart();
        await _node.UntilAsync(() => _node.Last is { Phase: NodePhase.Degraded, Sequence: 1 });

        var refused = _node.Last.Units.Single(u => u.Id == Motd);
        Assert.Equal(UnitPhase.Stuck, refused.State);
        Assert.Contains("'/srv/motd' lies beneath none of [/opt]", refused.Message, StringComparison.Ordinal);
        Assert.Contains(_node.Last.Holds, h => h.Unit == Motd && h.Until.Contains("policy.json", StringComparison.Ordinal));
        Assert.Contains(_node.Last.Events, e => e.Code == AgentCodes.PolicyPath.Id && e.Unit == Motd);
        Assert.Equal([Motd, Web], _node.World.Held.Keys);

        _node.World.Lose();
        await _node.UntilAsync(() => _node.World.Held.ContainsKey(Web));
        await _node.StepAsync(10);
        Assert.DoesNotContain(Motd, _node.World.Held.Keys);
        Assert.Equal(1, _node.Last.Generation);
        Assert.Empty(_node.Last.Quarantined);
    }

    [Fact]
    public async Task A_unit_that_was_forbidden_since_and_left_the_bundle_is_removed()
    {
        _node.Fleet.Publish(Bundle.Of([Workload("web"), File("motd", "hello")]));
        await _node.ConvergeAsync();
        _node.Policy = _node.Policy with { Paths = ["/opt"] };
        _node.Restart();
        _node.Fleet.Publish(Bundle.Of([Workload("web")]));
        await _node.ConvergeAsync();
        Assert.Equal([Web], _node.World.Held.Keys);
    }

    [Fact]
    public async Task A_bundle_that_was_staged_under_a_looser_policy_is_refused_whole()
    {
        _node.Fleet.Publish(Bundle.Of([Workload("web")]));
        await _node.ConvergeAsync();
        _node.World.Away.Add(Web);
        _node.Fleet.Publish(Bundle.Of([Workload("web", "two"), File("motd", "hello")]));
        await _node.UntilAsync(() => _node.World.Held.ContainsKey(Motd));
        _node.Policy = _node.Policy with { Paths = ["/opt"] };
        _node.Restart();
        _node.World.Away.Clear();
        await _node.UntilAsync(() => _node.Last.Phase == NodePhase.Failed && _node.World.Held.Count == 1);

        Assert.Equal(Workload("web"), _node.World.Held[Web]);
        Assert.Equal(Motd, Assert.Single(_node.Last.Quarantined).Unit);
    }

    [Fact]
    public async Task What_a_first_bundle_left_when_it_was_given_up_is_kept_as_it_was_made_until_there_is_a_better_one()
    {
        _node.Fleet.Publish(Bundle.Of([Workload("db"), Workload("web", "bad"), Workload("never", requires: "workload/web")]));
        await _node.UntilAsync(() => _node.Reports.Count > 0 && _node.Last.Phase == NodePhase.Failed);
        _node.World.Lose();
        await _node.UntilAsync(() => _node.World.Held.Count == 2);
        _node.Restart();
        _node.World.Lose();
        await _node.UntilAsync(() => _node.World.Held.Count == 2);

        Assert.Equal(["workload/db", "workload/web"], _node.World.Held.Keys.Select(k => k.ToString()));
        Assert.Null(_node.Last.Generation);
        Assert.Equal(NodePhase.Failed, _node.Last.Phase);
        await _node.UntilAsync(() => _node.Last.Units.Single(u => u.Id.Name == "db").State == UnitPhase.Ready);

        _node.Fleet.Publish(Bundle.Of([Workload("web", "better")]));
        await _node.ConvergeAsync();
        Assert.Equal([Web], _node.World.Held.Keys);
    }
}
