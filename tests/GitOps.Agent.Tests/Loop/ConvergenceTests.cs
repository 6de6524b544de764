using CsCheck;
using GitOps.Agent.Planning;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Tests.Loop;

/// <summary>What must hold for any history of bundles, with faults anywhere.</summary>
public sealed class ConvergenceTests
{
    // Began every run ever since: a removal in back-off passed for converged.
    private const string AlreadyFailed = "2GX0gi38Ps71";
    private static readonly string[] Names = ["a", "b", "c", "d"];

    // Requirements lead to earlier names only, so that there are no circles; ports are given out once per bundle.
    private static readonly Gen<Bundle> AnyBundle =
        Gen.Select(Gen.Int[0, 3].Array[4], Gen.Int[0, 4].Array[4], Gen.Int[0, 3].Array[4]).Select((commands, ports, requires) =>
        {
            HashSet<int> taken = [];
            List<Unit> units = [];
            for (var i = 0; i < Names.Length; i++)
            {
                if (commands[i] == 0)
                {
                    continue;
                }

                var required = requires[i] < i && commands[requires[i]] != 0 ? new[] { $"workload/{Names[requires[i]]}" } : [];
                int[] own = ports[i] > 0 && taken.Add(ports[i]) ? [ports[i]] : [];
                units.Add(FakeWorld.Workload(Names[i], $"v{commands[i]}", own, required));
            }

            return Bundle.Of(units);
        });

    [Fact]
    public Task Any_sequence_of_bundles_with_faults_converges_to_the_last_and_then_nothing_is_left_to_do() =>
        Gen.Select(AnyBundle.List[1, 4], Gen.Int[0, 5], Gen.Int[0, 5], Gen.Int[1, 9], Gen.Bool).SampleAsync(async (bundles, storeFaults, stepFaults, passes, restarts) =>
        {
            using var node = new TestNode();
            foreach (var bundle in bundles)
            {
                node.Fleet.Publish(bundle);
                (node.Fleet.FailNext, node.World.FailNext) = (storeFaults, stepFaults);
                await node.StepAsync(passes);
                if (restarts)
                {
                    node.Restart();
                }
            }

            await node.ConvergeAsync();
            Assert.Equal(bundles[^1].Units, node.World.Held.Values.ToEquatableArray());
            Assert.Null(node.World.Clash);
            var made = node.World.Log.Count;
            await node.StepAsync(3);
            Assert.Equal(made, node.World.Log.Count);
            Assert.Equal("nothing to do\n", node.Plan.ToText());
            Assert.True(node.Fleet.Local.Count <= 2, "only committed and fallback are kept");
        }, seed: AlreadyFailed, iter: 150);

    [Fact]
    public void Equal_units_give_equal_graphs_without_circles() =>
        Gen.Select(AnyBundle, AnyBundle).Sample((desired, owned) =>
        {
            var graph = UnitGraph.Build(desired.Units, owned.Units, FakeWorld.Claims);
            var again = UnitGraph.Build(desired.Units, owned.Units, FakeWorld.Claims);
            Assert.Equal(graph.Edges.AsEnumerable(), again.Edges.AsEnumerable());
            var left = graph.Nodes.ToHashSet();
            while (left.Count > 0)
            {
                var free = left.Where(n => !graph.Before(n).Any(e => left.Contains(e.Before))).ToList();
                Assert.NotEmpty(free);
                left.ExceptWith(free);
            }
        });
}
