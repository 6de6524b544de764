using System.Text;
using GitOps.Agent.Loop;
using GitOps.Agent.Tests.Loop;
using GitOps.Bundles;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;
using static GitOps.Agent.Tests.Loop.FakeWorld;

namespace GitOps.Agent.Tests.Self;

/// <summary>A node brings itself to the agent that its bundle names, before it looks at the rest.</summary>
public sealed class SelfUpdateTests : IDisposable
{
    private static readonly Digest New = FakeSlots.Agent("0.2.0").Blob.Digest;
    private readonly TestNode _node = new();

    public void Dispose() => _node.Dispose();

    [Fact]
    public async Task The_new_agent_takes_over_before_anything_else_of_the_bundle_and_then_makes_it()
    {
        _node.Fleet.Publish(Bundle.Of([Workload("web")]));
        await _node.ConvergeAsync();
        _node.Fleet.Publish(Bundle.Of([Workload("web"), File("motd", "hello"), FakeSlots.Unit("0.2.0")]));
        await _node.UntilAsync(() => _node.Slots.Running == New);
        Assert.Equal(["workload/web"], _node.World.Held.Keys.Select(k => k.ToString()));

        await _node.ConvergeAsync();
        Assert.Equal(["file/motd", "workload/web"], _node.World.Held.Keys.Select(k => k.ToString()));
        Assert.Equal(("0.2.0", null), (_node.Slots.State.Good?.Version, _node.Slots.State.Trial));
        Assert.Equal((New, null), (_node.Last.Agent.Executable, _node.Last.Agent.Pending));
        Assert.Contains(_node.Last.Units, u => u is { Id: var id, State: UnitPhase.Ready } && id == AgentSpec.Self);
        Assert.Contains(_node.Reports.SelectMany(r => r.Events), e => e.Code == AgentCodes.AgentReplaced.Id);
    }

    [Fact]
    public async Task It_is_brought_here_also_when_nothing_else_of_the_bundle_is_known_to_this_agent()
    {
        _node.Fleet.Publish(Bundle.Of([Workload("web")]));
        await _node.ConvergeAsync();
        var later = Encoding.UTF8.GetString(Bundle.Of([FakeSlots.Unit("0.2.0")]).ToBytes())
            .Replace("]}", """,{"kind":"of-a-later-release","name":"x","spec":{"y":1}}]}""", StringComparison.Ordinal);
        _node.Fleet.Publish(Encoding.UTF8.GetBytes(later.Replace("\"spec\":{\"executable\"", "\"spec\":{\"alsoLater\":1,\"executable\"", StringComparison.Ordinal)));
        await _node.UntilAsync(() => _node.Slots.State.Good?.Version == "0.2.0");
        await _node.StepAsync(5);
        Assert.Equal(NodePhase.Failed, _node.Last.Phase); // this test's "new" agent knows no more than the old one
        Assert.Contains(BundleCodes.UnknownUnit.Id, Assert.Single(_node.Last.Quarantined).Reason, StringComparison.Ordinal);
        Assert.Contains(UnitId.Parse("workload/web"), _node.World.Held.Keys);
    }

    [Fact]
    public async Task What_the_state_says_can_be_read_by_an_agent_that_knows_nothing_of_agents()
    {
        _node.Fleet.Publish(Bundle.Of([Workload("web"), FakeSlots.Unit("0.2.0")]));
        await _node.ConvergeAsync();
        Assert.Equal(["workload/web"], _node.Saved.Owned.Select(o => o.Id.ToString()));
    }

    [Fact]
    public async Task On_trial_it_keeps_up_what_is_there_and_begins_nothing_new()
    {
        _node.Fleet.Publish(Bundle.Of([Workload("web")]));
        await _node.ConvergeAsync();
        _node.Fleet.Publish(Bundle.Of([Workload("web"), File("motd", "hello"), FakeSlots.Unit("0.2.0")]));
        await _node.UntilAsync(() => _node.Slots.Running == New);
        _node.Fleet.FailNext = int.MaxValue; // it cannot prove itself
        _node.World.Lose();
        await _node.UntilAsync(() => _node.World.Held.Count > 0);
        Assert.NotNull(_node.Slots.Trial);
        Assert.Equal(["workload/web"], _node.World.Held.Keys.Select(k => k.ToString()));
    }

    [Fact]
    public async Task One_that_does_not_reach_the_control_plane_is_given_up_where_the_one_before_reaches_it()
    {
        await ToTrialAsync();
        _node.Fleet.FailNext = int.MaxValue;
        await _node.UntilAsync(() => _node.Slots.Running == FakeSlots.Installed);
        _node.Fleet.FailNext = 0;
        await _node.UntilAsync(() => _node.Last.Phase == NodePhase.Failed);
        Assert.Contains(AgentCodes.AgentGivenUp.Id, Assert.Single(_node.Last.Quarantined).Reason, StringComparison.Ordinal);
        Assert.Equal("0.2.0", _node.Last.Agent.Pending?.Version);
        await _node.StepAsync(50);
        Assert.Equal(FakeSlots.Installed, _node.Slots.Running);

        await _node.Loop.AskAsyncAndStep(_node, new PersonRequest.Retry());
        await _node.ConvergeAsync();
        Assert.Equal(New, _node.Slots.Running);
    }

    [Fact]
    public async Task A_network_that_is_gone_for_both_is_held_against_neither()
    {
        await ToTrialAsync();
        _node.Fleet.FailNext = int.MaxValue;
        await _node.UntilAsync(() => _node.Slots.Running == FakeSlots.Installed);
        var end = _node.Time.GetUtcNow().AddMinutes(10);
        await _node.UntilAsync(() => _node.Time.GetUtcNow() > end, passes: 5000);
        _node.Fleet.FailNext = 0;
        await _node.ConvergeAsync();
        Assert.Equal(New, _node.Slots.Running);
        Assert.Empty(_node.Last.Quarantined);
    }

    [Fact]
    public async Task Without_a_network_before_it_proves_itself_without_one()
    {
        _node.Fleet.Publish(Bundle.Of([Workload("web"), FakeSlots.Unit("0.2.0")]));
        await _node.StepAsync();
        await _node.UntilAsync(() => _node.Saved.Generations.SeenGeneration == 1);
        _node.Fleet.FailNext = 0;
        await _node.UntilAsync(() => _node.Slots.Running == New);
        _node.Restart(); // counted, and no harm
        Assert.Equal(2, _node.Slots.Trial?.Starts);
        await _node.ConvergeAsync();
    }

    [Fact]
    public async Task One_that_the_machine_cannot_run_is_refused_and_the_good_generation_stays()
    {
        _node.Fleet.Publish(Bundle.Of([Workload("web")]));
        await _node.ConvergeAsync();
        _node.Slots.Impossible.Add(New);
        _node.Fleet.Publish(Bundle.Of([Workload("next"), FakeSlots.Unit("0.2.0")]));
        await _node.UntilAsync(() => _node.Last.Phase == NodePhase.Failed);
        Assert.Equal(["workload/web"], _node.World.Held.Keys.Select(k => k.ToString()));
        Assert.Equal(AgentSpec.Self, Assert.Single(_node.Last.Quarantined).Unit);
        Assert.Empty(_node.Slots.Ran);
    }

    [Fact]
    public async Task What_is_in_the_way_on_the_node_is_waited_for()
    {
        _node.Slots.InTheWay = new Problem(AgentCodes.AgentWaits, "mounted noexec", "mount it otherwise");
        _node.Fleet.Publish(Bundle.Of([Workload("web"), FakeSlots.Unit("0.2.0")]));
        await _node.UntilAsync(() => _node.Reports is [.., { Phase: NodePhase.Waiting }] && _node.Last.Conditions.Any(c => c.Reason == AgentCodes.AgentWaits.Id));
        Assert.Contains("noexec", _node.Last.Agent.Pending?.Why, StringComparison.Ordinal);
        _node.Slots.InTheWay = null;
        await _node.ConvergeAsync();
        Assert.Empty(_node.Last.Quarantined);
    }

    [Fact]
    public async Task A_policy_that_forbids_it_refuses_the_bundle_whole()
    {
        _node.Policy = _node.Policy with { AgentUpdateSaid = false };
        _node.Restart();
        _node.Fleet.Publish(Bundle.Of([Workload("web"), FakeSlots.Unit("0.2.0")]));
        await _node.UntilAsync(() => _node.Reports is [.., { Phase: NodePhase.Failed }]);
        Assert.Contains(AgentCodes.PolicyAgent.Id, Assert.Single(_node.Last.Quarantined).Reason, StringComparison.Ordinal);
        Assert.Empty(_node.World.Held);
    }

    [Fact]
    public async Task A_person_who_holds_the_node_holds_its_agent()
    {
        _node.Fleet.Publish(Bundle.Of([Workload("web")]));
        await _node.ConvergeAsync();
        await _node.Loop.AskAsyncAndStep(_node, new PersonRequest.HoldUnit(null, TimeSpan.FromHours(1), "valve is open", "ada"));
        _node.Fleet.Publish(Bundle.Of([Workload("web"), FakeSlots.Unit("0.2.0")]));
        await _node.UntilAsync(() => _node.Last.Conditions.Any(c => c.Reason == AgentCodes.AgentWaits.Id));
        Assert.Equal(FakeSlots.Installed, _node.Slots.Running);
        await _node.Loop.AskAsyncAndStep(_node, new PersonRequest.ReleaseUnit(null));
        await _node.ConvergeAsync();
        Assert.Equal(New, _node.Slots.Running);
    }

    [Fact]
    public async Task A_generation_that_is_given_up_takes_its_agent_with_it_once_the_rest_is_as_before()
    {
        _node.Fleet.Publish(Bundle.Of([Workload("web"), FakeSlots.Unit("0.2.0")]));
        await _node.ConvergeAsync();
        _node.Fleet.Publish(Bundle.Of([Workload("web"), Workload("other", "bad"), FakeSlots.Unit("0.3.0")]));
        await _node.UntilAsync(() => _node.Slots.State.Good?.Version == "0.3.0");
        await _node.UntilAsync(() => _node.Last is { Quarantined.IsEmpty: false } && _node.Slots.Running == New && _node.Slots.Trial is null);
        await _node.StepAsync(20);
        Assert.Equal(["workload/web"], _node.World.Held.Keys.Select(k => k.ToString()));
        Assert.Equal("0.2.0", _node.Slots.State.Good?.Version);
    }

    [Fact]
    public async Task A_bundle_that_says_nothing_of_it_leaves_the_agent_as_it_is()
    {
        _node.Fleet.Publish(Bundle.Of([FakeSlots.Unit("0.2.0")]));
        await _node.ConvergeAsync();
        _node.Fleet.Publish(Bundle.Of([Workload("web")]));
        await _node.ConvergeAsync();
        Assert.Equal(New, _node.Slots.Running);
    }

    private async Task ToTrialAsync()
    {
        _node.Fleet.Publish(Bundle.Of([Workload("web")]));
        await _node.ConvergeAsync();
        _node.Fleet.Publish(Bundle.Of([Workload("web"), FakeSlots.Unit("0.2.0")]));
        await _node.UntilAsync(() => _node.Slots.Running == New);
        Assert.NotNull(_node.Slots.Trial);
    }
}

internal static class Asking
{
    public static async Task AskAsyncAndStep(this AgentLoop loop, TestNode node, PersonRequest request)
    {
        var answer = loop.AskAsync(request);
        await node.StepAsync();
        await answer;
    }
}
