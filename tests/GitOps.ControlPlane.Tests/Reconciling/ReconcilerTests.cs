using GitOps.Bundles;
using GitOps.ControlPlane.Reconciling;
using GitOps.Reconciler.Rollouts;
using GitOps.TestKit;

namespace GitOps.ControlPlane.Tests.Reconciling;

public sealed class ReconcilerTests : IAsyncLifetime
{
    private readonly ControlPlane _plane = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _plane.DisposeAsync();

    [Fact]
    public async Task A_push_reaches_every_node()
    {
        var first = _plane.Git.CommitAndPush("one", Fleets.Fleet(), Fleets.Nodes(Fleets.Names), Fleets.Motd("hello"));
        _plane.Start();
        await _plane.Opened(first, Fleets.Names);
        var second = _plane.Push(Fleets.Motd("changed"));
        await _plane.Opened(second, Fleets.Names);
        await _plane.Settled(second, RevisionOutcome.Published);
        Assert.Equal(2, _plane.Store.HighestGeneration);
        Assert.Equal(
            [.. Fleets.Names.Select(n => new PublishedPointer(n, 1)), .. Fleets.Names.Select(n => new PublishedPointer(n, 2))], _plane.Published);
        Assert.Equal(second, _plane.Reconciler.Status.PublishedRevision);
        Assert.Null(_plane.Reconciler.Status.Problem);
    }

    [Fact]
    public async Task A_commit_that_changes_no_bundle_opens_nothing_and_is_published_all_the_same()
    {
        var first = _plane.Git.CommitAndPush("one", Fleets.Fleet(), Fleets.Nodes(Fleets.Names), Fleets.Motd("hello"));
        _plane.Start();
        await _plane.Opened(first, Fleets.Names);
        var second = _plane.Push(("README.md", "words"));
        await _plane.Settled(second, RevisionOutcome.Published);
        Assert.Equal(1, _plane.Store.HighestGeneration);
    }

    [Fact]
    public async Task A_broken_revision_is_rejected_whole_and_the_last_good_one_stays()
    {
        var first = _plane.Git.CommitAndPush("one", Fleets.Fleet(), Fleets.Nodes(Fleets.Names), Fleets.Motd("hello"));
        _plane.Start();
        await _plane.Opened(first, Fleets.Names);
        var broken = _plane.Push(Fleets.Motd("changed"), ("broken.yaml", "apiVersion: gitops.edge/v1\nkind: ConfigFlie\nmetadata: {name: x}\n"));
        await _plane.Settled(broken, RevisionOutcome.Rejected);
        var finding = Assert.Single(_plane.Book.Find(broken)!.Findings, f => f.Severity == "error");
        Assert.Equal(("broken.yaml", 2), (finding.File, finding.Line));
        Assert.Equal(first, _plane.Reconciler.Status.PublishedRevision);
        Assert.Equal(1, _plane.Store.HighestGeneration);

        _plane.Git.Delete("broken.yaml");
        var repaired = _plane.Push();
        await _plane.Opened(repaired, Fleets.Names);
    }

    [Fact]
    public async Task The_canary_goes_first_and_the_rest_when_it_is_healthy()
    {
        _plane.Nodes.Online(Fleets.Names);
        var first = _plane.Git.CommitAndPush("one", Fleets.Fleet("canary"), Fleets.Nodes(Fleets.Names), Fleets.Motd("hello"));
        _plane.Start();
        await _plane.Opened(first, "n1");
        Assert.Null(_plane.Store.PointerOf("n2"));
        await Eventually.BecomesTrue(() => _plane.Reconciler.Status.Holds.Count == 2, cancellationToken: Cancellation);
        _plane.Nodes.Converge(_plane.Store, "n1");
        await _plane.Opened(first, Fleets.Names);
        Assert.Equal((1, 2), (_plane.Store.PointerOf("n1")!.Generation, _plane.Store.PointerOf("n2")!.Generation));
        await Eventually.BecomesTrue(() => _plane.Reconciler.Status.Rollout?.Phase == RolloutPhase.Open, cancellationToken: Cancellation);
    }

    [Fact]
    public async Task A_failing_canary_stops_the_rollout_and_a_new_commit_starts_over()
    {
        _plane.Nodes.Online(Fleets.Names);
        var first = _plane.Git.CommitAndPush("one", Fleets.Fleet("canary"), Fleets.Nodes(Fleets.Names), Fleets.Motd("hello"));
        _plane.Start();
        await _plane.Opened(first, "n1");
        _plane.Nodes.GiveUp(_plane.Store, "n1", "exit code 1");
        await Eventually.BecomesTrue(() => _plane.Reconciler.Status.Rollout?.Phase == RolloutPhase.Stopped, cancellationToken: Cancellation);
        Assert.Null(_plane.Store.PointerOf("n2"));
        Assert.Contains("exit code 1", _plane.Reconciler.Status.Rollout!.Stop!.Problem.What, StringComparison.Ordinal);

        var second = _plane.Push(Fleets.Motd("better"));
        await _plane.Opened(second, "n1");
        _plane.Nodes.Converge(_plane.Store, "n1");
        await _plane.Opened(second, Fleets.Names);
    }

    [Fact]
    public async Task A_forced_push_that_drops_the_published_revision_is_held()
    {
        var start = _plane.Git.CommitAndPush("zero", ("README.md", "words"));
        var first = _plane.Git.CommitAndPush("one", Fleets.Fleet(), Fleets.Nodes(Fleets.Names), Fleets.Motd("hello"));
        _plane.Start();
        await _plane.Opened(first, Fleets.Names);
        _plane.Git.Reset(start);
        var rewritten = _plane.Git.Commit("other", Fleets.Fleet(), Fleets.Nodes(Fleets.Names), Fleets.Motd("other"));
        _plane.Git.Push(force: true);
        _plane.Reconciler.Wake();
        await _plane.Settled(rewritten, RevisionOutcome.Held);
        Assert.Equal("PUB002", _plane.Book.Find(rewritten)!.Hold!.Problem.Code);
        Assert.Equal(first, _plane.Reconciler.Status.PublishedRevision);
        Assert.Equal(1, _plane.Store.HighestGeneration);

        // The same commits again, and the one on top is accepted.
        _plane.Git.Reset(first);
        _plane.Git.Commit("on top", Fleets.Motd("on top"));
        _plane.Git.Push(force: true);
        _plane.Reconciler.Wake();
        await _plane.Opened(_plane.Git.Head, Fleets.Names);
    }

    [Fact]
    public async Task Removals_above_the_limit_are_held_until_exactly_they_are_confirmed()
    {
        var first = _plane.Git.CommitAndPush("one", Fleets.Fleet(limit: 2), Fleets.Nodes(Fleets.Names), Fleets.Motd("a"), Fleets.Motd("b", "other"));
        _plane.Start();
        await _plane.Opened(first, Fleets.Names);
        _plane.Git.Delete("other.yaml");

        // A commit that loosens the limit is judged by the one before it.
        var removing = _plane.Push(Fleets.Fleet(limit: 100));
        await _plane.Settled(removing, RevisionOutcome.Held);
        var hold = _plane.Book.Find(removing)!.Hold!;
        Assert.Equal("PUB001", hold.Problem.Code);
        Assert.Equal(1, _plane.Store.HighestGeneration);

        var wrong = _plane.Push(Fleets.Fleet(limit: 2, more: "confirmRemoval: 000000000000"));
        await _plane.Settled(wrong, RevisionOutcome.Held);
        var confirmed = _plane.Push(Fleets.Fleet(limit: 2, more: $"confirmRemoval: {hold.Id}"));
        await _plane.Opened(confirmed, Fleets.Names);
    }

    [Fact]
    public async Task A_revision_of_another_fleet_is_held()
    {
        var first = _plane.Git.CommitAndPush("one", Fleets.Fleet(), Fleets.Nodes(Fleets.Names), Fleets.Motd("hello"));
        _plane.Start();
        await _plane.Opened(first, Fleets.Names);
        var other = _plane.Push(Fleets.Fleet(uid: "0198c2f0-0000-7000-8000-000000000002"));
        await _plane.Settled(other, RevisionOutcome.Held);
        Assert.Equal("PUB034", _plane.Book.Find(other)!.Hold!.Problem.Code);
    }

    [Fact]
    public async Task A_repository_out_of_reach_is_said_so_and_work_goes_on_when_it_is_back()
    {
        var first = _plane.Git.CommitAndPush("one", Fleets.Fleet(), Fleets.Nodes(Fleets.Names), Fleets.Motd("hello"));
        _plane.Start();
        await _plane.Opened(first, Fleets.Names);
        Directory.Move(_plane.Git.RemotePath, _plane.Git.RemotePath + ".away");
        _plane.Reconciler.Wake();
        await Eventually.BecomesTrue(() => _plane.Reconciler.Status.Problem is { Code: "PUB053" }, cancellationToken: Cancellation);
        Assert.Equal(first, _plane.Reconciler.Status.PublishedRevision);
        Directory.Move(_plane.Git.RemotePath + ".away", _plane.Git.RemotePath);
        var second = _plane.Push(Fleets.Motd("changed"));
        await _plane.Opened(second, Fleets.Names);
        await Eventually.BecomesTrue(() => _plane.Reconciler.Status.Problem is null, cancellationToken: Cancellation);
    }

    [Fact]
    public async Task Commits_that_arrive_meanwhile_coalesce_into_the_newest()
    {
        var first = _plane.Git.CommitAndPush("one", Fleets.Fleet(), Fleets.Nodes(Fleets.Names), Fleets.Motd("hello"));
        _plane.Start();
        await _plane.Opened(first, Fleets.Names);
        string newest = "";
        for (var i = 0; i < 5; i++)
        {
            newest = _plane.Push(Fleets.Motd($"change {i}"));
        }

        await _plane.Opened(newest, Fleets.Names);
        Assert.InRange(_plane.Store.HighestGeneration, 2, 6);
    }

    [Fact]
    public async Task A_blob_that_was_damaged_on_disk_is_stored_again()
    {
        var first = _plane.Git.CommitAndPush("one", Fleets.Fleet(), Fleets.Nodes(Fleets.Names), Fleets.Motd("hello"));
        _plane.Start();
        await _plane.Opened(first, Fleets.Names);
        await _plane.StopAsync();
        var pack = Path.Combine(_plane.DataPath, "store/packs/000001.pack");
        var bytes = await File.ReadAllBytesAsync(pack, Cancellation);
        bytes[5] ^= 1;
        await File.WriteAllBytesAsync(pack, bytes, Cancellation);

        _plane.Start();
        var bundle = _plane.Store.PointerOf("n1")!.Bundle!.Value;
        _plane.Store.ReadBlob(bundle);
        await Eventually.BecomesTrue(
            () =>
            {
                _plane.Reconciler.Wake();
                return _plane.Store.ReadBlob(bundle) is { } again && Digest.Of(again) == bundle;
            },
            cancellationToken: Cancellation);
    }
}
