using GitOps.Reconciler.Compile;
using GitOps.Reconciler.Guards;
using GitOps.TestKit;

namespace GitOps.Reconciler.Tests.Guards;

public sealed class GuardTests
{
    private static readonly GuardSettings Strict = new(RemovalLimit: 0, AllowForcePush: false);

    [Fact]
    public void A_deleted_resource_another_placement_and_a_deleted_node_all_count()
    {
        var before = Fleet(["a", "b", "c"], File("x", "{all: true}"), File("y", "{nodes: [a, b]}"));
        var after = Fleet(["a", "b"], File("y", "{nodes: [a]}"));
        var held = Assert.IsType<RemovalVerdict.Held>(RemovalGuard.Check(PublishedNode.Of(before), after, Strict, confirmRemoval: null));
        Assert.Equal(["a file/x", "b file/x", "b file/y", "c file/x"], held.Removals.Select(removal => removal.ToString()));
        Golden.Verify("guards/held.txt", held.ToProblem() + "\n");
    }

    [Fact]
    public void As_many_as_the_limit_pass()
    {
        var before = Fleet(["a"], File("x", "{all: true}"), File("y", "{all: true}"));
        var after = Fleet(["a"]);
        Assert.IsType<RemovalVerdict.Allowed>(RemovalGuard.Check(PublishedNode.Of(before), after, Strict with { RemovalLimit = 2 }, null));
        Assert.IsType<RemovalVerdict.Held>(RemovalGuard.Check(PublishedNode.Of(before), after, Strict with { RemovalLimit = 1 }, null));
    }

    [Fact]
    public void A_confirmation_is_for_exactly_one_set()
    {
        var before = Fleet(["a"], File("x", "{all: true}"), File("y", "{all: true}"));
        var oneLess = Fleet(["a"], File("y", "{all: true}"));
        var noneLeft = Fleet(["a"]);
        var id = RemovalGuard.Check(PublishedNode.Of(before), oneLess, Strict, null).Id;
        Assert.IsType<RemovalVerdict.Allowed>(RemovalGuard.Check(PublishedNode.Of(before), oneLess, Strict, id));
        Assert.IsType<RemovalVerdict.Held>(RemovalGuard.Check(PublishedNode.Of(before), noneLeft, Strict, id));
    }

    [Fact]
    public void A_rename_that_says_so_is_no_removal()
    {
        var before = Fleet(["a"], File("x", "{all: true}"));
        Assert.Empty(RemovalGuard.Removals(PublishedNode.Of(before), Fleet(["a"], File("y", "{all: true}\nmovedFrom: x"))));
        Assert.Single(RemovalGuard.Removals(PublishedNode.Of(before), Fleet(["a"], File("y", "{all: true}"))));
    }

    [Fact]
    public void A_link_that_may_be_used_again_is_no_removal()
    {
        static FleetBundles Site(string spec) => Trees.Compiled([Trees.File("fleet.yaml",
            Trees.Fleet + Trees.Node("a", "{site: s}") + Trees.Resource("Site", "s", spec))]);
        var before = Site("uplink: {downloadWindows: [22:00-05:00]}");
        Assert.Equal("uplink/s", Assert.Single(Assert.Single(PublishedNode.Of(before)).Units).ToString());
        Assert.Empty(RemovalGuard.Removals(PublishedNode.Of(before), Site("timeZone: Europe/Berlin")));
    }

    [Fact]
    public void Guards_come_from_the_published_revision()
    {
        var published = Fleet(["a"], File("x", "{all: true}"));
        var loosened = Trees.Compiled([Trees.File("fleet.yaml", Trees.Fleet + "\n  removal: {limit: 1000}\n  allowForcePush: true" + Trees.Node("a"))]);
        var rule = GuardSettings.Of(published.Manifest);
        Assert.Equal(new GuardSettings(10, false), rule);
        Assert.IsType<RemovalVerdict.Held>(RemovalGuard.Check(PublishedNode.Of(published), loosened, rule with { RemovalLimit = 0 }, null));
        Assert.Equal(new GuardSettings(1000, true), GuardSettings.Of(loosened.Manifest));
    }

    [Theory]
    [InlineData(null, false, false, true)]
    [InlineData("old", true, false, true)]
    [InlineData("old", false, false, false)]
    [InlineData("old", false, true, true)]
    public void A_rewritten_history_is_held_unless_it_is_allowed(string? published, bool isAncestor, bool allowed, bool passes) =>
        Assert.Equal(passes, HistoryGuard.Check(published, "new", isAncestor, Strict with { AllowForcePush = allowed }) is null);

    private static string File(string name, string placement) =>
        Trees.Resource("ConfigFile", name, $"placement: {placement}\npath: /etc/{name}\ncontent: x");

    private static FleetBundles Fleet(string[] nodes, params string[] resources) =>
        Trees.Compiled([Trees.File("fleet.yaml", Trees.Fleet + string.Concat(nodes.Select(node => Trees.Node(node))) + string.Concat(resources))]);
}
