using GitOps.Bundles;
using GitOps.ControlPlane.Store;
using GitOps.Platform.Files;
using GitOps.TestKit.Files;

namespace GitOps.ControlPlane.Tests.Store;

public sealed class StoreCrashTests
{
    private static readonly IReadOnlySet<Digest> Nothing = new HashSet<Digest>();
    private static readonly string[] Nodes = ["n1", "n2", "n3"];

    private static readonly CrashOptions Options =
        new(Setup: layer => TestPublications.Open(layer), StatesPerPoint: 128);

    [Fact]
    public void After_any_power_cut_the_store_opens_whole_and_takes_the_next_publication()
    {
        var states = CrashReplay.Check<long>(PublishMany, StoreIsWhole, Options);
        Assert.True(states >= 400, $"only {states} states");
    }

    [Fact]
    public void A_power_cut_at_the_very_first_start_leaves_a_store_or_nothing() =>
        CrashReplay.Check<long>(Publish, StoreIsWhole, Options with
        {
            Setup = layer => layer.EnsureDirectory("/data", StoreFiles.DirectoryMode),
            StatesPerPoint = 32,
        });

    [Fact]
    public void Publishing_needs_every_flush_it_makes() =>
        Assert.Empty(CrashReplay.FlushesWithoutEffect<long>(Publish, StoreIsWhole, Options));

    [Fact]
    public void A_power_cut_while_garbage_is_collected_loses_nothing_that_is_named() =>
        CrashReplay.Check<long>(
            (layer, acknowledge) =>
            {
                var store = TestPublications.Open(layer);
                store.CollectGarbage(Nothing, TestPublications.Now.AddDays(31));
                TestPublications.Publish(store, 9, "v9", "n1");
                acknowledge(9);
            },
            (layer, acknowledged) => StoreIsWhole(layer, acknowledged is [] ? [8] : acknowledged),
            Options with
            {
                Setup = layer =>
                {
                    var store = TestPublications.Open(layer);
                    for (var i = 1; i <= 8; i++)
                    {
                        TestPublications.Publish(store, i, $"v{i}", "n1");
                    }

                    store.CollectGarbage(Nothing, TestPublications.Now);
                },
            });

    private static void Publish(IFileLayer layer, Action<long> acknowledge) => Publish(layer, acknowledge, generations: 3);

    private static void PublishMany(IFileLayer layer, Action<long> acknowledge) => Publish(layer, acknowledge, generations: 12);

    private static void Publish(IFileLayer layer, Action<long> acknowledge, int generations)
    {
        var store = TestPublications.Open(layer);
        for (var generation = 1; generation <= generations; generation++)
        {
            // A canary, then the rest, of each revision.
            string[] wave = generation % 2 == 1 ? [Nodes[0]] : Nodes[1..];
            TestPublications.Publish(store, generation, $"v{(generation + 1) / 2}", wave);
            acknowledge(generation);
        }
    }

    private static void StoreIsWhole(IFileLayer layer, IReadOnlyList<long> acknowledged)
    {
        var store = TestPublications.Open(layer);
        var last = acknowledged.Count == 0 ? 0 : acknowledged[^1];
        var opened = Nodes.Select(node => TestPublications.FetchAsNode(store, node)?.Generation ?? 0).ToList();
        Assert.InRange(store.HighestGeneration, last, last + 1);
        Assert.Equal(store.HighestGeneration, opened.Max());
        Assert.Equal(store.HighestGeneration, TestPublications.HeadGeneration(store) ?? 0);

        var next = store.HighestGeneration + 1;
        TestPublications.Publish(store, next, "after", Nodes);
        var again = TestPublications.Open(layer);
        Assert.All(Nodes, node => Assert.Equal(next, TestPublications.FetchAsNode(again, node)!.Generation));
        Assert.Empty(again.Damaged);
    }
}
