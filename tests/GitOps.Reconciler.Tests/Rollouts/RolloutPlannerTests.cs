using GitOps.Bundles;
using GitOps.Bundles.Reports;
using GitOps.Manifests.Kinds;
using GitOps.Reconciler.Rollouts;

namespace GitOps.Reconciler.Tests.Rollouts;

public sealed class RolloutPlannerTests
{
    private readonly Fleet _fleet = new("a", "b", "c");

    [Fact]
    public void One_node_goes_first_and_the_rest_when_it_is_healthy()
    {
        Assert.Equal(["a"], _fleet.Plan().Open);
        Assert.Empty(_fleet.Plan().Open);
        _fleet.Converge("a");
        Assert.Equal(["b", "c"], _fleet.Plan().Open);
        var done = _fleet.Plan();
        Assert.Empty(done.Open);
        Assert.Empty(done.Holds);
        Assert.Equal(RolloutPhase.Open, done.Next.Phase);
    }

    [Fact]
    public void Delivered_is_not_healthy()
    {
        _fleet.Plan();
        _fleet.Report("a", NodePhase.Applying);
        Assert.Empty(_fleet.Plan().Open);
        _fleet.Report("a", NodePhase.Degraded);
        Assert.Empty(_fleet.Plan().Open);
    }

    [Fact]
    public void Health_from_before_the_pointer_does_not_count()
    {
        // The node reports converged on the very same bundle, from an older generation: it may just be about to change.
        _fleet.Plan();
        _fleet.Status["a"] = new NodeStatus { Online = true, Phase = NodePhase.Converged, Bundle = _fleet.Target, Generation = 1, SeenGeneration = 1 };
        Assert.Empty(_fleet.Plan().Open);
    }

    [Fact]
    public void All_at_once_opens_everything()
    {
        _fleet.Policy = _fleet.Policy with { Strategy = RolloutStrategy.AllAtOnce };
        Assert.Equal(["a", "b", "c"], _fleet.Plan().Open);
    }

    [Fact]
    public void The_named_canary_goes_first_when_it_changes_and_is_online()
    {
        _fleet.Policy = _fleet.Policy with { Canary = new CanaryChoice.Node("b") };
        Assert.Equal(["b"], _fleet.Plan().Open);

        var other = new Fleet("a", "b") { Policy = _fleet.Policy };
        other.Status["b"] = NodeStatus.Silent(online: false);
        Assert.Equal(["a"], other.Plan().Open);
    }

    [Fact]
    public void A_canary_that_gives_up_stops_the_rollout_with_its_reason()
    {
        _fleet.Plan();
        _fleet.Quarantine("a", "the probe http failed");
        var decision = _fleet.Plan();
        Assert.Empty(decision.Open);
        Assert.Equal("PUB003", decision.Next.Stop!.Problem.Code);
        Assert.Contains("the probe http failed", decision.Next.Stop.Problem.What, StringComparison.Ordinal);
        Assert.Equal(["b", "c"], decision.Holds.Select(hold => hold.Node));
        _fleet.Converge("a");
        Assert.Empty(_fleet.Plan().Open); // a stopped rollout stays stopped
    }

    [Fact]
    public void A_failure_of_an_older_bundle_does_not_count()
    {
        _fleet.Status["a"] = new NodeStatus { Online = true, Phase = NodePhase.Failed, SeenGeneration = 1, Quarantined = [new(Digest.Of([9]), "old")] };
        Assert.Equal(["a"], _fleet.Plan().Open);
        Assert.Equal(RolloutPhase.Canary, _fleet.Plan().Next.Phase);
    }

    [Fact]
    public void A_canary_that_is_not_healthy_in_time_stops_the_rollout()
    {
        _fleet.Plan();
        _fleet.Report("a", NodePhase.Applying);
        var decision = _fleet.PlanFor(TimeSpan.FromMinutes(6));
        Assert.Equal("PUB004", decision.Next.Stop!.Problem.Code);
    }

    [Fact]
    public void Time_while_the_canary_waits_for_its_environment_does_not_count()
    {
        _fleet.Plan();
        _fleet.Report("a", NodePhase.Waiting);
        Assert.Equal(RolloutPhase.Canary, _fleet.PlanFor(TimeSpan.FromHours(3)).Next.Phase);
    }

    [Fact]
    public void Time_while_the_control_plane_was_down_does_not_count()
    {
        _fleet.Plan();
        _fleet.Report("a", NodePhase.Applying);
        _fleet.Plan();
        _fleet.Now += TimeSpan.FromDays(2);
        Assert.Equal(RolloutPhase.Canary, _fleet.Plan().Next.Phase);
    }

    [Fact]
    public void A_fleet_that_polls_and_never_reports_gets_one_canary_and_is_told_what_is_missing()
    {
        foreach (var node in _fleet.Names)
        {
            _fleet.Status[node] = NodeStatus.Silent(online: true);
        }

        var decision = _fleet.PlanFor(TimeSpan.FromHours(2));

        Assert.Equal(RolloutPhase.Canary, _fleet.State.Phase);
        Assert.Single(_fleet.Names, _fleet.IsOpened);
        Assert.All(decision.Holds, hold =>
        {
            Assert.Equal("the canary a, which polls and has not reported", hold.What);
            Assert.Contains("Fleet.spec.rollout.strategy: allAtOnce", hold.Until, StringComparison.Ordinal);
        });

        // The first report of health is all that was missing.
        _fleet.Converge("a");
        _fleet.Plan();
        Assert.All(_fleet.Names, node => Assert.True(_fleet.IsOpened(node)));
    }

    [Fact]
    public void A_canary_that_polls_and_never_reports_is_passed_over_for_one_that_does()
    {
        _fleet.Status["a"] = NodeStatus.Silent(online: true);
        foreach (var node in _fleet.Names.Skip(1))
        {
            _fleet.Status[node] = NodeStatus.Silent(online: false);
        }

        Assert.Equal(["a"], _fleet.Plan().Open);
        _fleet.Status["c"] = new NodeStatus { Online = true, Phase = NodePhase.Converged };

        _fleet.PlanFor(RolloutPlanner.OfflineLimit + TimeSpan.FromSeconds(20));

        Assert.True(_fleet.IsOpened("c"));
        Assert.False(_fleet.IsOpened("b"));
        _fleet.Converge("c");
        _fleet.Plan();
        Assert.True(_fleet.IsOpened("b"));
    }

    [Fact]
    public void A_node_that_reports_is_the_canary_before_one_that_only_polls()
    {
        _fleet.Status["a"] = NodeStatus.Silent(online: true);

        Assert.Equal(["b"], _fleet.Plan().Open);
    }

    [Fact]
    public void While_all_that_change_are_offline_nothing_is_opened_and_whoever_returns_first_goes_first()
    {
        foreach (var node in _fleet.Names)
        {
            _fleet.Status[node] = _fleet.Status[node] with { Online = false };
        }

        var decision = _fleet.PlanFor(TimeSpan.FromDays(1));
        Assert.DoesNotContain(_fleet.Names, _fleet.IsOpened);
        Assert.All(decision.Holds, hold => Assert.Equal("one of them is: it goes first, and the others when it is healthy", hold.Until));

        foreach (var node in _fleet.Names)
        {
            _fleet.Status[node] = _fleet.Status[node] with { Online = true };
        }

        Assert.Single(_fleet.Plan().Open);
    }

    [Fact]
    public void A_canary_that_goes_offline_is_passed_over_and_still_counts_when_it_returns()
    {
        _fleet.Plan();
        _fleet.Status["a"] = NodeStatus.Silent(online: false);
        Assert.Empty(_fleet.PlanFor(TimeSpan.FromMinutes(1)).Open);
        _fleet.PlanFor(TimeSpan.FromMinutes(2));
        Assert.Equal("b", _fleet.State.Canary!.Node);
        Assert.Equal(["a"], _fleet.State.PassedOver);
        _fleet.Converge("a");
        Assert.Equal(["c"], _fleet.Plan().Open);
    }

    [Fact]
    public void Nothing_is_opened_while_no_changed_node_is_online()
    {
        foreach (var node in _fleet.Names)
        {
            _fleet.Status[node] = NodeStatus.Silent(online: false);
        }

        var decision = _fleet.PlanFor(TimeSpan.FromHours(1));
        Assert.Empty(decision.Open);
        Assert.Equal("a canary, and none of the nodes that change is online", decision.Holds[0].What);
        _fleet.Status["c"] = NodeStatus.Silent(online: true);
        Assert.Equal(["c"], _fleet.Plan().Open);
    }

    [Fact]
    public void Suspended_nodes_are_holds_and_block_nobody()
    {
        _fleet.Suspended["a"] = "inventory";
        Assert.Equal(["b"], _fleet.Plan().Open);
        _fleet.Converge("b");
        var decision = _fleet.Plan();
        Assert.Equal(["c"], decision.Open);
        var hold = Assert.Single(decision.Holds);
        Assert.Equal(("a", "it is suspended: inventory"), (hold.Node, hold.What));
    }

    [Fact]
    public void A_newer_revision_starts_over_with_a_canary()
    {
        _fleet.Plan();
        _fleet.Begin(Digest.Of([2]));
        Assert.Equal(["a"], _fleet.Plan().Open);
        Assert.Equal("a", _fleet.State.Canary!.Node);
    }

    [Fact]
    public void A_crash_between_saving_the_state_and_publishing_heals()
    {
        _fleet.State = _fleet.Look().Next;
        Assert.Equal(["a"], _fleet.Plan().Open);
        _fleet.Converge("a");
        _fleet.State = _fleet.Look().Next;
        Assert.Equal(["b", "c"], _fleet.Plan().Open);
    }

    [Fact]
    public void The_state_survives_a_restart()
    {
        _fleet.Plan();
        Assert.Equal(_fleet.State, RolloutJson.TryRead(RolloutJson.Write(_fleet.State)));
        _fleet.Quarantine("a", "why");
        _fleet.Plan();
        Assert.Equal(_fleet.State, RolloutJson.TryRead(RolloutJson.Write(_fleet.State)));
        Assert.Null(RolloutJson.TryRead("{}"u8));
        Assert.Null(RolloutJson.TryRead("nonsense"u8));
    }
}
