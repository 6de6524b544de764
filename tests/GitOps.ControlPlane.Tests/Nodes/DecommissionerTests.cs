using GitOps.Bundles;
using GitOps.Bundles.Publications;
using GitOps.Bundles.Reports;
using GitOps.ControlPlane.Nodes;
using GitOps.ControlPlane.Identity;
using GitOps.ControlPlane.Reconciling;
using GitOps.ControlPlane.Tests.Distribution;
using GitOps.ControlPlane.Tests.Reconciling;
using GitOps.TestKit;

namespace GitOps.ControlPlane.Tests.Nodes;

/// <summary>A node leaves the fleet: by a tombstone it can verify, and never by what is missing.</summary>
public sealed class DecommissionerTests : IAsyncLifetime
{
    private readonly Reconciling.ControlPlane _plane = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _plane.DisposeAsync();

    [Fact]
    public async Task Deleting_a_node_from_Git_removes_nothing_from_it()
    {
        var first = await PublishAsync();

        await DropFromGitAsync("n3");

        var pointer = _plane.Store.PointerOf("n3")!;
        Assert.Equal((first, null), (pointer.Revision, pointer.Decommission));
        Assert.NotNull(pointer.Bundle);
    }

    [Theory]
    [InlineData(Decommission.Keep)]
    [InlineData(Decommission.Wipe)]
    public async Task A_node_that_left_Git_gets_a_tombstone_under_a_new_generation_and_the_trail_says_who(Decommission how)
    {
        await PublishAsync();
        var serial = Enrol("n3");
        await DropFromGitAsync("n3");
        var before = _plane.Store.HighestGeneration;

        var done = await DoneAsync(new NodeRemoval("n3", how, "somebody"));

        Assert.Equal(before + 1, done);
        var accepted = Assert.IsType<PointerVerdict.Accepted>(FetchAs("n3", seen: before));
        Assert.Equal((how, null, done), (accepted.Pointer.Leaf.Decommission, accepted.Pointer.Leaf.Bundle, accepted.Pointer.Leaf.Generation));
        Assert.Equal(Withdrawal.Retired, _plane.Authority.Withdrawals.Find(serial)?.State);
        var entry = Assert.Single(_plane.Audit.Recent(10));
        Assert.Equal(("somebody", "node.remove", "n3", how.ToString().ToLowerInvariant()), (entry.Actor, entry.Action, entry.Subject, entry.Detail));
    }

    [Fact]
    public async Task What_the_published_revision_has_is_not_removed()
    {
        await PublishAsync();

        var refused = Assert.IsType<NodeAnswer.Refused>(await _plane.Decommissioner.RemoveAsync(Removal("n3"), Token));

        Assert.Equal(NodeCodes.StillInGit.Id, refused.Problem.Code);
        Assert.Null(_plane.Store.PointerOf("n3")!.Decommission);
        Assert.False(_plane.Authority.Withdrawals.IsRemoved("n3"));
    }

    [Fact]
    public async Task A_name_nobody_ever_had_is_unknown()
    {
        await PublishAsync();

        Assert.IsType<NodeAnswer.Unknown>(await _plane.Decommissioner.RemoveAsync(Removal("n9"), Token));
    }

    [Fact]
    public async Task Removed_against_Git_it_stays_out_over_pushes_and_restarts_until_it_is_added_again()
    {
        await PublishAsync();
        Enrol("n3");
        var tombstone = await DoneAsync(Removal("n3") with { Force = true });

        var second = _plane.Push(Fleets.Motd("second"));
        await _plane.Opened(second, "n1", "n2");
        await _plane.StopAsync();
        _plane.Start();
        var third = _plane.Push(Fleets.Motd("third"));
        await _plane.Opened(third, "n1", "n2");
        await Eventually.BecomesTrue(
            () => _plane.Reconciler.Status.Holds is [{ Node: "n3", Until: "'gitops node add n3' gives it a new identity" }], cancellationToken: Token);
        Assert.Equal(tombstone, _plane.Store.PointerOf("n3")!.Generation);

        Enrol("n3");
        _plane.Reconciler.Look();

        await _plane.Opened(third, "n3");
        Assert.True(_plane.Store.PointerOf("n3")!.Generation > tombstone);
        Assert.IsType<PointerVerdict.Accepted>(FetchAs("n3", seen: tombstone));
    }

    [Fact]
    public async Task Asked_twice_it_is_done_once()
    {
        await PublishAsync();
        await DropFromGitAsync("n3");
        var first = await DoneAsync(Removal("n3"));

        Assert.Equal(first, await DoneAsync(Removal("n3")));
        Assert.Single(_plane.Audit.Recent(10));

        Assert.Equal(first + 1, await DoneAsync(Removal("n3") with { How = Decommission.Wipe }));
    }

    [Fact]
    public async Task Killed_between_certificate_and_tombstone_the_node_is_out_and_asking_again_finishes_it()
    {
        await PublishAsync();
        var serial = Enrol("n3");
        _plane.Authority.Retire("n3", Withdrawal.Retired, "as the process before did");
        await _plane.StopAsync();
        _plane.Start();
        var second = _plane.Push(Fleets.Motd("second"));
        await _plane.Opened(second, "n1", "n2");
        Assert.NotEqual(second, _plane.Store.PointerOf("n3")!.Revision);

        await DoneAsync(Removal("n3") with { Force = true });

        Assert.Equal(Decommission.Keep, _plane.Store.PointerOf("n3")!.Decommission);
        Assert.Equal(Withdrawal.Retired, _plane.Authority.Withdrawals.Find(serial)?.State);
    }

    [Fact]
    public async Task A_certificate_ends_when_its_node_says_that_it_has_left()
    {
        await PublishAsync();
        var serial = Enrol("n3");
        var tombstone = await DoneAsync(Removal("n3") with { Force = true });

        _plane.Decommissioner.Hear(Report("n3") with { SeenGeneration = tombstone - 1 });
        Assert.Equal(Withdrawal.Retired, _plane.Authority.Withdrawals.Find(serial)?.State);

        _plane.Decommissioner.Hear(Report("n3") with { SeenGeneration = tombstone });
        Assert.Equal(Withdrawal.Revoked, _plane.Authority.Withdrawals.Find(serial)?.State);
    }

    [Fact]
    public async Task A_node_that_wipes_has_left_only_when_it_is_done()
    {
        await PublishAsync();
        var serial = Enrol("n3");
        var tombstone = await DoneAsync(Removal("n3") with { Force = true, How = Decommission.Wipe });

        var seen = Report("n3") with { SeenGeneration = tombstone, Generation = tombstone - 1, Phase = NodePhase.Applying };
        _plane.Decommissioner.Hear(seen);
        Assert.Equal(Withdrawal.Retired, _plane.Authority.Withdrawals.Find(serial)?.State);

        _plane.Decommissioner.Hear(seen with { Generation = tombstone, Phase = NodePhase.Converged });
        Assert.Equal(Withdrawal.Revoked, _plane.Authority.Withdrawals.Find(serial)?.State);
    }

    [Fact]
    public async Task A_report_of_the_identity_that_came_after_ends_nothing()
    {
        await PublishAsync();
        Enrol("n3");
        await DropFromGitAsync("n3");
        var tombstone = await DoneAsync(Removal("n3"));
        var serial = Enrol("n3");

        _plane.Decommissioner.Hear(Report("n3") with { SeenGeneration = tombstone });

        Assert.Null(_plane.Authority.Withdrawals.Find(serial));
    }

    [Fact]
    public async Task The_certificate_of_a_lost_machine_is_refused_at_once()
    {
        await PublishAsync();
        var serial = Enrol("n3");

        await DoneAsync(Removal("n3") with { Force = true, Lost = true });

        Assert.Equal(Withdrawal.Revoked, _plane.Authority.Withdrawals.Find(serial)?.State);
    }

    private static NodeRemoval Removal(string node) => new(node, Decommission.Keep, "somebody");

    private static NodeReport Report(string node) => TestReports.Report(node, "boot", 1);

    private async Task<long> DoneAsync(NodeRemoval removal) =>
        Assert.IsType<NodeAnswer.Done>(await _plane.Decommissioner.RemoveAsync(removal, Token)).Generation;

    private async Task<string> PublishAsync()
    {
        var first = _plane.Git.CommitAndPush("one", Fleets.Fleet(), Fleets.Nodes(Fleets.Names), Fleets.Motd("hello"));
        _plane.Start();
        await _plane.Opened(first, Fleets.Names);
        return first;
    }

    private async Task DropFromGitAsync(string node)
    {
        var revision = _plane.Push(Fleets.Nodes([.. Fleets.Names.Where(name => name != node)]));
        await _plane.Settled(revision, RevisionOutcome.Published);
    }

    /// <summary>As <c>gitops node add</c> does in another process.</summary>
    private string Enrol(string node)
    {
        var authority = FleetAuthority.Open(
            GitOps.Platform.Files.DiskFileLayer.Host, new DataDirectory(_plane.DataPath), TimeProvider.System);
        var issued = authority.Issue(ca => ca.IssueNode(node, Reconciling.ControlPlane.Fleet, TimeSpan.FromDays(1)));
        authority.Replace(node, issued.Record);
        return issued.Record.Serial;
    }

    private PointerVerdict FetchAs(string node, long seen) => PointerCheck.Check(
        _plane.Store.Find(StorePaths.Pointer(Reconciling.ControlPlane.Fleet, node))!.Read(),
        new PointerContext(Reconciling.ControlPlane.Fleet, node, [_plane.PublicationKey], seen, SeenBundle: null));
}
