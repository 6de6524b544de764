using CsCheck;
using GitOps.Bundles.Reports;
using GitOps.Reconciler.Rollouts;

namespace GitOps.Reconciler.Tests.Rollouts;

/// <summary>What holds whatever the nodes do: each step is a node (0 to 5), something that happens to it, and seconds that pass.</summary>
public sealed class RolloutPropertyTests
{
    private static readonly Gen<(int Node, int What, int Seconds)[]> Steps = Gen.Select(Gen.Int[0, 5], Gen.Int[0, 7], Gen.Int[0, 200]).Array[0, 60];

    [Fact]
    public void A_wave_is_one_node_until_a_canary_was_healthy_and_suspended_nodes_are_never_opened() =>
        Steps.Sample(steps =>
        {
            var fleet = new Fleet("a", "b", "c", "d", "e", "f");
            var wasHealthy = false;
            foreach (var step in steps)
            {
                Happen(fleet, step);
                wasHealthy |= fleet.State.Phase != RolloutPhase.Stopped &&
                    fleet.Nodes.Any(node => fleet.IsOpened(node.Node) && RolloutPlanner.IsHealthy(node));
                var decision = fleet.Plan();
                Assert.True(decision.Open.Count <= 1 || wasHealthy, "more than the canary was opened while none was healthy");
                Assert.True(decision.Open.All(node => !fleet.Suspended.ContainsKey(node)), "a suspended node was opened");
                Assert.True(decision.Open.IsEmpty || decision.Next.Phase != RolloutPhase.Stopped, "a stopped rollout opened a node");
            }
        });

    [Fact]
    public void Planning_again_changes_nothing() =>
        Steps.Sample(steps =>
        {
            var fleet = new Fleet("a", "b", "c", "d", "e", "f");
            foreach (var step in steps)
            {
                Happen(fleet, step);
                fleet.Plan();
                var again = fleet.Look();
                Assert.Empty(again.Open);
                Assert.Equal(fleet.State, again.Next);
            }
        });

    [Fact]
    public void Every_node_is_opened_or_a_hold() =>
        Steps.Sample(steps =>
        {
            var fleet = new Fleet("a", "b", "c", "d", "e", "f");
            foreach (var step in steps)
            {
                Happen(fleet, step);
                var decision = fleet.Plan();
                Assert.Equal(fleet.Names.Where(name => !fleet.IsOpened(name)), decision.Holds.Select(hold => hold.Node));
            }
        });

    [Fact]
    public void Converges_once_nodes_come_online_and_are_healthy() =>
        Steps.Sample(steps =>
        {
            var fleet = new Fleet("a", "b", "c", "d", "e", "f");
            foreach (var step in steps)
            {
                Happen(fleet, step);
                fleet.Plan();
            }

            fleet.Suspended.Clear();
            for (var i = 0; i < 4 && fleet.State.Phase != RolloutPhase.Stopped; i++)
            {
                foreach (var node in fleet.Names)
                {
                    fleet.Converge(node);
                }

                fleet.Plan();
            }

            Assert.True(fleet.State.Phase == RolloutPhase.Stopped || fleet.Names.All(fleet.IsOpened));
        });

    private static void Happen(Fleet fleet, (int Node, int What, int Seconds) step)
    {
        var node = fleet.Names[step.Node];
        fleet.Now += TimeSpan.FromSeconds(step.Seconds);
        switch (step.What)
        {
            case 0:
                fleet.Converge(node);
                break;
            case 1:
                fleet.Report(node, NodePhase.Applying);
                break;
            case 2:
                fleet.Report(node, NodePhase.Waiting);
                break;
            case 3:
                fleet.Report(node, NodePhase.Degraded);
                break;
            case 4:
                fleet.Status[node] = fleet.Status[node] with { Online = false };
                break;
            case 5:
                fleet.Status[node] = fleet.Status[node] with { Online = true };
                break;
            case 6 when !fleet.Suspended.Remove(node):
                fleet.Suspended[node] = "because";
                break;
            case 7 when step.Seconds > 180:
                fleet.Quarantine(node, "why");
                break;
        }
    }
}
