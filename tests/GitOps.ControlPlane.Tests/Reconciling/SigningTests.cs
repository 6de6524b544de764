using GitOps.ControlPlane.Reconciling;
using GitOps.Manifests.Kinds;
using GitOps.Reconciler.Guards;
using GitOps.TestKit.Git;

namespace GitOps.ControlPlane.Tests.Reconciling;

/// <summary>Only commits that a listed key signed are compiled, and the published revision lists.</summary>
public sealed class SigningTests : IAsyncDisposable
{
    private readonly ControlPlane _plane = new();
    private readonly CommitKeys _keys = new();

    public async ValueTask DisposeAsync()
    {
        await _plane.DisposeAsync();
        _keys.Dispose();
    }

    [Fact]
    public async Task An_unsigned_push_is_held_and_not_even_compiled()
    {
        var key = _keys.OpenPgp("ada");
        var first = _plane.Git.CommitAndPush("one", Signed("source: keys/ada.asc"), ("keys/ada.asc", key.Public), Fleets.Nodes(Fleets.Names), Fleets.Motd("hello"));
        _plane.Start();
        await _plane.Opened(first, Fleets.Names);

        var unsigned = _plane.Push(Fleets.Motd("changed"), ("broken.yaml", "apiVersion: gitops.edge/v1\nkind: ConfigFlie\nmetadata: {name: x}\n"));
        await _plane.Settled(unsigned, RevisionOutcome.Held);
        var record = _plane.Book.Find(unsigned)!;
        Assert.Equal("PUB005", record.Hold!.Problem.Code);
        Assert.Contains(unsigned, record.Hold.Problem.What, StringComparison.Ordinal);
        Assert.Empty(record.Findings); // nobody looked at what is in it
        Assert.Equal(first, _plane.Reconciler.Status.PublishedRevision);

        // The same content, signed: the commit above it does not make it good.
        _plane.Git.Reset(first);
        _plane.Git.Signer = key;
        _plane.Git.Commit("signed", Fleets.Motd("changed"));
        _plane.Git.Push(force: true);
        _plane.Reconciler.Wake();
        await _plane.Opened(_plane.Git.Head, Fleets.Names);
    }

    [Fact]
    public async Task A_commit_that_changes_the_keys_is_signed_under_the_old_ones_and_counts_from_the_next()
    {
        var (old, next) = (_keys.Ssh("old"), _keys.Ssh("next"));
        var first = _plane.Git.CommitAndPush("one", Signed($"key: {old.Public}"), Fleets.Nodes(Fleets.Names), Fleets.Motd("hello"));
        _plane.Start();
        await _plane.Opened(first, Fleets.Names);

        _plane.Git.Signer = next;
        var usurped = _plane.Push(Signed($"key: {next.Public}"));
        await _plane.Settled(usurped, RevisionOutcome.Held);

        _plane.Git.Reset(first);
        _plane.Git.Signer = old;
        var handed = _plane.Git.Commit("hand over", Signed($"key: {next.Public}"));
        _plane.Git.Push(force: true);
        _plane.Reconciler.Wake();
        await _plane.Settled(handed, RevisionOutcome.Published);

        var late = _plane.Push(Fleets.Motd("by the old one"));
        await _plane.Settled(late, RevisionOutcome.Held);
        await _plane.StopAsync();
        _plane.Start(); // who signs is remembered
        await _plane.Settled(late, RevisionOutcome.Held);

        _plane.Git.Reset(handed);
        _plane.Git.Signer = next;
        _plane.Git.Commit("by the new one", Fleets.Motd("new"));
        _plane.Git.Push(force: true);
        _plane.Reconciler.Wake();
        await _plane.Opened(_plane.Git.Head, Fleets.Names);
    }

    [Fact]
    public async Task The_first_revision_is_signed_as_the_control_planes_own_configuration_says_and_so_are_those_of_a_fleet_that_says_nothing()
    {
        var key = _keys.Ssh("ada");
        _plane.FirstGuards = GuardSettings.Default with { Signing = new CommitSigning(SigningMode.Every, [new CommitSigner("ada", key.Public, [])]) };
        var unsigned = _plane.Git.CommitAndPush("zero", Fleets.Fleet(), Fleets.Nodes(Fleets.Names), Fleets.Motd("hello"));
        _plane.Start();
        await _plane.Settled(unsigned, RevisionOutcome.Held);
        Assert.Equal(0, _plane.Store.HighestGeneration);

        _plane.Git.Signer = key;
        var first = _plane.Push(Fleets.Motd("signed"));
        await _plane.Opened(first, Fleets.Names);
        _plane.Git.Signer = null;
        await _plane.Settled(_plane.Push(Fleets.Motd("unsigned")), RevisionOutcome.Held);
    }

    [Fact]
    public async Task A_revision_with_a_key_that_nobody_could_sign_with_is_held()
    {
        var first = _plane.Git.CommitAndPush("one", Fleets.Fleet(), Fleets.Nodes(Fleets.Names), Fleets.Motd("hello"));
        _plane.Start();
        await _plane.Opened(first, Fleets.Names);
        var locked = _plane.Push(
            Signed("source: ada.asc"), ("ada.asc", "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nbm90aGluZw==\n-----END PGP PUBLIC KEY BLOCK-----\n"));
        await _plane.Settled(locked, RevisionOutcome.Held);
        Assert.Equal("PUB007", _plane.Book.Find(locked)!.Hold!.Problem.Code);
    }

    private static (string, string) Signed(string signer) => Fleets.Fleet(more: $$"""signing: {signers: [{name: ada, {{signer}}}]}""");
}
