using System.Text;
using GitOps.Agent.Storage.Syncing;

namespace GitOps.Agent.Tests.Storage.Syncing;

public sealed class TreePlanTests
{
    private static readonly DateTimeOffset T0 = new(2026, 11, 24, 10, 0, 0, TimeSpan.Zero);

    [Fact]
    public void What_is_on_the_node_and_right_is_not_brought_again()
    {
        var remote = Tree(File("a", 1), File("b", 1), File("c", 1));
        var plan = PullPlan.Make(remote, Tree(Local("a", 1), Local("b", 1)), [Synced("a", 1), Synced("b", 1)]);

        Assert.Equal(["c"], plan.Fetch.Select(f => f.Path));
        Assert.Equal(["a", "b"], plan.Keep.Select(f => f.Path));
        Assert.Empty(plan.Conflicts);
        Assert.False(plan.IsSame);
    }

    [Fact]
    public void A_file_that_the_remote_changed_is_brought_also_when_it_has_the_same_size()
    {
        var plan = PullPlan.Make(Tree(File("a", 1, seconds: 60)), Tree(Local("a", 1)), [Synced("a", 1)]);

        Assert.Equal(["a"], plan.Fetch.Select(f => f.Path));
        Assert.Empty(plan.Conflicts);
    }

    [Fact]
    public void A_file_of_the_same_size_and_time_but_another_hash_is_brought()
    {
        var last = Synced("a", 1);
        last = last with { Remote = last.Remote with { Md5 = "00" } };
        var plan = PullPlan.Make(Tree(File("a", 1) with { Md5 = "11" }), Tree(File("a", 1)), [last with { LocalModifiedAt = T0 }]);

        Assert.Equal(["a"], plan.Fetch.Select(f => f.Path));
    }

    [Fact]
    public void Changed_added_and_removed_on_the_node_are_conflicts_and_brought_again()
    {
        var remote = Tree(File("changed", 1), File("removed", 1));
        var plan = PullPlan.Make(remote, Tree(Local("changed", 2), Local("added", 1)), [Synced("changed", 1), Synced("removed", 1)]);

        Assert.Equal(["added", "changed", "removed"], plan.Conflicts);
        Assert.Equal(["changed", "removed"], plan.Fetch.Select(f => f.Path));
    }

    [Fact]
    public void A_tree_that_was_published_by_a_run_whose_end_was_not_kept_is_recognised()
    {
        var plan = PullPlan.Make(Tree(File("a", 2, seconds: 60)), Tree(File("a", 2, seconds: 60)), [Synced("a", 1)]);

        Assert.True(plan.IsSame);
        Assert.Empty(plan.Conflicts);
    }

    [Fact]
    public void What_is_gone_at_the_remote_makes_the_tree_another_one()
    {
        var plan = PullPlan.Make(Tree(File("a", 1)), Tree(Local("a", 1), Local("b", 1)), [Synced("a", 1), Synced("b", 1)]);

        Assert.Empty(plan.Fetch);
        Assert.False(plan.IsSame);
        Assert.Empty(plan.Conflicts);
    }

    [Fact]
    public void Only_what_changed_on_the_node_is_sent()
    {
        var plan = PushPlan.Make(
            Tree(File("a", 1), File("b", 1)), Tree(Local("a", 1), Local("b", 2), Local("c", 1)), [Synced("a", 1), Synced("b", 1)], deletes: false);

        Assert.Equal(["b", "c"], plan.Send.Select(f => f.Path));
        Assert.Empty(plan.Conflicts);
    }

    [Fact]
    public void What_somebody_changed_at_the_remote_is_a_conflict_and_what_he_put_there_is_left()
    {
        var remote = Tree(File("a", 5, seconds: 9), File("theirs", 1), File("new", 7));
        var plan = PushPlan.Make(remote, Tree(Local("a", 1), Local("new", 1)), [Synced("a", 1)], deletes: true);

        Assert.Equal(["a", "new"], plan.Send.Select(f => f.Path));
        Assert.Equal(["a", "new"], plan.Conflicts);
        Assert.Empty(plan.Delete);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_is_gone_on_the_node_goes_only_where_that_was_asked_for(bool deletes)
    {
        var plan = PushPlan.Make(Tree(File("a", 1), File("theirs", 1)), TreeListing.Empty, [Synced("a", 1), Synced("gone", 1)], deletes);

        Assert.Equal(deletes ? ["a"] : [], plan.Delete);
        Assert.Empty(plan.Conflicts);
    }

    [Theory]
    [InlineData("../etc/passwd")]
    [InlineData("/etc/passwd")]
    [InlineData("a//b")]
    [InlineData("a/./b")]
    [InlineData("new\nline")]
    public void A_name_that_leads_elsewhere_or_cannot_be_passed_on_is_refused(string path) =>
        Assert.NotNull(Tree(File(path, 1)).WhyNot());

    [Fact]
    public void A_name_that_is_both_file_and_directory_is_refused()
    {
        Assert.NotNull(Tree(File("a", 1), File("a/b/c", 2)).WhyNot());
        Assert.Null(Tree(File("a", 1), File("a.b/c", 2)).WhyNot());
    }

    [Fact]
    public void A_listing_that_was_cut_and_asked_for_again_has_each_file_once_and_as_it_was_told_whole()
    {
        var read = TreeListing.TryParse("""
            [
            {"Path":"a","Size":4,"ModTime":"2026-11-24T10:00:00Z","IsDir":false},
            {"Path":"a","Size":4,"ModTime":"2026-11-24T10:00:00Z","IsDir":false},
            {"Path":"b","Size":0,"ModTime":"2026-11-24T10:00:00Z","IsDir":false},
            {"Path":"b","Size":5,"ModTime":"2026-11-24T10:00:00Z","IsDir":false},
            {"Path":"c","Size":6,"ModTime":"2026-11-24T10:00:00Z","IsDir":false},
            {"Path":"c","Size":6,"ModTime":"0001-01-01T00:00:00Z","IsDir":false}
            ]
            """u8.ToArray());

        Assert.Equal([("a", 4L, 2026), ("b", 5L, 2026), ("c", 6L, 2026)], read!.Files.Select(file => (file.Path, file.SizeBytes, file.ModifiedAt.Year)));
        Assert.Null(read.WhyNot());
    }

    [Fact]
    public void A_listing_of_rclone_is_read_and_something_else_is_not()
    {
        var read = TreeListing.TryParse(Encoding.UTF8.GetBytes("""
            [
            {"Path":"sub","Name":"sub","Size":-1,"MimeType":"inode/directory","ModTime":"2026-11-24T10:00:00Z","IsDir":true},
            {"Path":"sub/b c","Name":"b c","Size":2,"ModTime":"2026-11-24T11:00:00.123456789+01:00","IsDir":false,"Hashes":{"md5":"abcd"}}
            ]
            """));

        var file = Assert.Single(read!.Files);
        Assert.Equal(("sub/b c", 2L, "abcd"), (file.Path, file.SizeBytes, file.Md5));
        Assert.Equal(T0.AddTicks(1_234_567), file.ModifiedAt.ToUniversalTime(), TimeSpan.FromTicks(1));
        Assert.All((string[])["", "[", "{}", "[{}]", "[1]"], text => Assert.Null(TreeListing.TryParse(Encoding.UTF8.GetBytes(text))));
    }

    [Fact]
    public void A_memory_reads_back_as_it_was_written_to_the_tick()
    {
        var memory = new SyncMemory
        {
            Since = T0.AddTicks(1),
            LastTry = T0.AddTicks(2),
            Place = "somewhere",
            LastSuccess = T0.AddTicks(3),
            Counts = new(1, 2, 3, 4),
            Files = [new SyncedFile(File("a", 1) with { Md5 = "x" }, T0.AddTicks(7))],
            Pending = new PendingTree(ulong.MaxValue, [Synced("b", 1)], new(5, 6, 7, 8), T0.AddTicks(9)),
        };

        Assert.Equal(memory, SyncMemoryJson.TryRead(SyncMemoryJson.Write(memory)));
        Assert.Null(SyncMemoryJson.TryRead("{}"u8));
    }

    [Fact]
    public void A_tree_that_was_about_to_be_published_counts_when_it_stands_where_readers_look()
    {
        var pending = new PendingTree(7, [Synced("b", 1)], new(1, 1, 1, 0), T0);
        var memory = new SyncMemory { Since = T0, Files = [Synced("a", 1)], Pending = pending };

        Assert.Equal([Synced("b", 1)], memory.Settled(7).Files);
        Assert.Equal([Synced("a", 1)], memory.Settled(8).Files);
        Assert.Equal([Synced("a", 1)], memory.Settled(null).Files);
        Assert.All((ulong?[])[7, 8, null], inode => Assert.Null(memory.Settled(inode).Pending));
    }

    private static TreeListing Tree(params TreeFile[] files) => TreeListing.Of(files);

    private static TreeFile File(string path, long size, int seconds = 0) => new(path, size, T0.AddSeconds(seconds));

    private static TreeFile Local(string path, long size) => new(path, size, T0.AddSeconds(-100));

    private static SyncedFile Synced(string path, long size) => new(File(path, size), T0.AddSeconds(-100));
}
