using GitOps.Bundles;
using GitOps.Bundles.Publications;
using GitOps.ControlPlane.Nodes;
using GitOps.ControlPlane.Tests.Reconciling;

namespace GitOps.ControlPlane.Tests.Nodes;

/// <summary>A node tries again what it gave up, because a signed pointer says so.</summary>
public sealed class RetrierTests : IAsyncLifetime
{
    private readonly Reconciling.ControlPlane _plane = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _plane.DisposeAsync();

    [Fact]
    public async Task The_same_bundle_comes_under_a_new_generation_with_the_word_and_the_trail_says_who()
    {
        await PublishAsync();
        var before = _plane.Store.PointerOf("n3")!;
        _plane.Nodes.GiveUp(_plane.Store, "n3", "AGT031: it was in the way");

        var done = Assert.IsType<NodeAnswer.Done>(await _plane.Retrier.RetryAsync("n3", "somebody", Token));

        var leaf = Accepted("n3", before.Generation).Pointer.Leaf;
        Assert.Equal((true, before.Bundle, done.Generation), (leaf.Retry, leaf.Bundle, leaf.Generation));
        Assert.True(done.Generation > before.Generation);
        var entry = Assert.Single(_plane.Audit.Recent(10));
        Assert.Equal(("somebody", "node.retry", "n3", before.Bundle.ToString()), (entry.Actor, entry.Action, entry.Subject, entry.Detail));
        Assert.False(Accepted("n1", seen: 0).Pointer.Leaf.Retry);
    }

    [Fact]
    public async Task It_is_kept_over_a_restart()
    {
        await PublishAsync();
        _plane.Nodes.GiveUp(_plane.Store, "n3", "AGT031: it was in the way");
        await _plane.Retrier.RetryAsync("n3", "somebody", Token);
        await _plane.StopAsync();
        _plane.Start();
        Assert.True(Accepted("n3", seen: 0).Pointer.Leaf.Retry);
    }

    [Fact]
    public async Task A_node_that_gave_nothing_up_has_nothing_to_try_again()
    {
        await PublishAsync();
        _plane.Nodes.Converge(_plane.Store, "n3");
        var before = _plane.Store.PointerOf("n3")!.Generation;
        Assert.Equal("PUB143", Assert.IsType<NodeAnswer.Refused>(await _plane.Retrier.RetryAsync("n3", "somebody", Token)).Problem.Code);
        Assert.Equal("PUB142", Assert.IsType<NodeAnswer.Unknown>(await _plane.Retrier.RetryAsync("n9", "somebody", Token)).Problem.Code);
        Assert.Equal(before, _plane.Store.PointerOf("n3")!.Generation);
    }

    private async Task PublishAsync()
    {
        var first = _plane.Git.CommitAndPush("one", Fleets.Fleet(), Fleets.Nodes(Fleets.Names), Fleets.Motd("hello"));
        _plane.Start();
        await _plane.Opened(first, Fleets.Names);
    }

    private PointerVerdict.Accepted Accepted(string node, long seen) => Assert.IsType<PointerVerdict.Accepted>(PointerCheck.Check(
        _plane.Store.Find(StorePaths.Pointer(Reconciling.ControlPlane.Fleet, node))!.Read(),
        new PointerContext(Reconciling.ControlPlane.Fleet, node, [_plane.PublicationKey], seen, SeenBundle: null)));
}
