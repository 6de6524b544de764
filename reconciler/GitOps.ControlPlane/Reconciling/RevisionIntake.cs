using System.Collections.Immutable;
using System.Diagnostics;
using GitOps.Bundles;
using GitOps.ControlPlane.Git;
using GitOps.ControlPlane.Store;
using GitOps.Manifests;
using GitOps.Reconciler.Compile;
using GitOps.Reconciler.Guards;
using GitOps.Reconciler.Rollouts;

namespace GitOps.ControlPlane.Reconciling;

internal abstract record IntakeOutcome
{
    private IntakeOutcome() { } // closed: every case is in this file

    /// <summary>The published one from here on.</summary>
    public sealed record Accepted(FleetBundles Bundles, RolloutState Rollout) : IntakeOutcome;

    /// <summary>Rejected or held, whole; the published one stays.</summary>
    public sealed record NotAccepted : IntakeOutcome;

    /// <summary>It could not be judged; the same revision is tried again.</summary>
    public sealed record Failed(Problem Problem) : IntakeOutcome;
}

/// <summary>Judges one revision: signatures → read → compile → guards. Accepted whole or not at all; the book says which before this returns.</summary>
internal sealed class RevisionIntake(
    GitMirror mirror, SourceTree source, Func<SourceFolder, CompileResult> compile, Func<SourceFolder?> resume, RevisionBook book,
    string fleetUid, ReconcilerOptions options, TimeProvider time)
{
    private readonly CommitCheck _signatures = new(mirror, time);
    private SourceFolder? _previous;
    private FleetBundles? _accepted;
    private string? _unpinned;

    public async Task<IntakeOutcome> JudgeAsync(string commit, CancellationToken cancellationToken)
    {
        var published = book.Published();
        var guards = published?.ToSettings(options.FirstGuards) ?? options.FirstGuards;
        if (guards.Signing is { } signing &&
            await RefuseAsync(commit, await _signatures.CheckAsync(published?.Revision, commit, signing, cancellationToken).ConfigureAwait(false), [], cancellationToken)
                .ConfigureAwait(false) is { } refused)
        {
            return refused;
        }

        // Beside the compilation: both only have to be over before the verdict is written.
        var isNear = published is null || await mirror.IsNearAncestorAsync(published.Revision, commit, cancellationToken).ConfigureAwait(false);
        var seen = Task.Run(() => book.SeenAsync(commit, cancellationToken), cancellationToken);
        var ancestry = isNear
            ? Task.FromResult<Ancestry>(new Ancestry.Known(true))
            : Task.Run(() => mirror.IsAncestorAsync(published!.Revision, commit, cancellationToken), cancellationToken);
        var compilation = await CompileAsync(commit, cancellationToken).ConfigureAwait(false);
        await Task.WhenAll(seen, ancestry).ConfigureAwait(false);
        switch (compilation)
        {
            case Compilation.Failed(var problem):
                return new IntakeOutcome.Failed(problem);
            case Compilation.Rejected(var findings):
                await SettleAsync(commit, RevisionOutcome.Rejected, hold: null, findings, cancellationToken).ConfigureAwait(false);
                return new IntakeOutcome.NotAccepted();
            case Compilation.Compiled(var bundles, var warnings):
                return await GuardAsync(commit, bundles, warnings, published, guards, await ancestry.ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
            default:
                throw new UnreachableException();
        }
    }

    /// <summary>Compiles a revision that was accepted before, after a restart; null when it is not there or no longer compiles.</summary>
    public async Task<FleetBundles?> LoadAsync(string commit, CancellationToken cancellationToken)
    {
        if (!await mirror.ContainsAsync(_unpinned = commit, cancellationToken).ConfigureAwait(false))
        {
            return null;
        }

        _previous ??= resume();
        return await CompileAsync(commit, cancellationToken).ConfigureAwait(false) is Compilation.Compiled(var bundles, _) ? bundles : null;
    }

    private async Task<IntakeOutcome> GuardAsync(
        string commit, FleetBundles bundles, ImmutableArray<Finding> warnings, PublishedGuards? published, GuardSettings guards, Ancestry ancestry,
        CancellationToken cancellationToken)
    {
        if (ancestry is Ancestry.Unknown(var problem))
        {
            return new IntakeOutcome.Failed(problem);
        }

        // Of nodes that did not change nothing is removed: what the book says of them is not asked for.
        var changed = published is not null && _accepted is not null ? bundles.ChangedSince(_accepted) : null;
        if (Hold(commit, bundles, published, changed, guards, ((Ancestry.Known)ancestry).IsAncestor) is { } hold)
        {
            await SettleAsync(commit, RevisionOutcome.Held, hold, warnings, cancellationToken).ConfigureAwait(false);
            return new IntakeOutcome.NotAccepted();
        }

        var next = GuardSettings.Of(bundles.Manifest);
        if (next.Signing is { } signing && signing != guards.Signing &&
            await _signatures.TryKeysAsync(signing, cancellationToken).ConfigureAwait(false) is { } unusable &&
            await RefuseAsync(commit, unusable, warnings, cancellationToken).ConfigureAwait(false) is { } refused)
        {
            return refused;
        }

        var leaving = DeviceMoves.After(
            book.CurrentRollout()?.Leaving ?? [], changed is null ? book.PublishedNodes() : Published(changed), bundles);
        var rollout = RolloutPlanner.Begin(commit, leaving);
        await book.AcceptAsync(
            commit, next,
            changed is null ? new PublishedUnits.All([.. PublishedNode.Of(bundles)]) : Changes(bundles, changed),
            rollout, ToRecords(warnings), cancellationToken)
            .ConfigureAwait(false);
        (_accepted, _unpinned) = (bundles, commit);
        return new IntakeOutcome.Accepted(bundles, rollout);
    }

    /// <summary>Keeps the newest accepted revision from being collected by Git, whatever becomes of the branch.</summary>
    public async Task PinAsync(CancellationToken cancellationToken)
    {
        if (_unpinned is { } commit)
        {
            await mirror.PinAsync(commit, cancellationToken).ConfigureAwait(false);
            _unpinned = null;
        }
    }

    /// <summary>Null when the signatures are as they must be.</summary>
    private async Task<IntakeOutcome?> RefuseAsync(
        string commit, CommitVerdict verdict, ImmutableArray<Finding> warnings, CancellationToken cancellationToken)
    {
        switch (verdict)
        {
            case CommitVerdict.Held(var problem):
                await SettleAsync(commit, RevisionOutcome.Held, new RevisionHold(commit[..12], problem), warnings, cancellationToken).ConfigureAwait(false);
                return new IntakeOutcome.NotAccepted();
            case CommitVerdict.Failed(var problem):
                return new IntakeOutcome.Failed(problem);
            default:
                return null;
        }
    }

    private IEnumerable<PublishedNode> Published(IEnumerable<string> names)
    {
        foreach (var name in names)
        {
            if (_accepted!.TryGet(name, out var node))
            {
                yield return new PublishedNode(name, node.UnitIds);
            }
        }
    }

    private static PublishedUnits.Changed Changes(FleetBundles bundles, IReadOnlyCollection<string> names) => new(
        [.. names.Select(name => bundles.TryGet(name, out var node) ? new PublishedNode(name, node.UnitIds) : null).OfType<PublishedNode>()],
        [.. names.Where(name => !bundles.TryGet(name, out _))]);

    /// <summary>By the guards of what is published, never by those the revision brings.</summary>
    private RevisionHold? Hold(
        string commit, FleetBundles bundles, PublishedGuards? published, IReadOnlyCollection<string>? changed, GuardSettings guards, bool isAncestor)
    {
        if (bundles.FleetUid != fleetUid)
        {
            return new RevisionHold(commit[..12], new Problem(StoreCodes.WrongFleet,
                What: $"Fleet.spec.uid is {bundles.FleetUid}, this control plane serves {fleetUid}",
                Fix: "restore the uid; another fleet needs a control plane with a data directory of its own"));
        }

        if (HistoryGuard.Check(published?.Revision, commit, isAncestor, guards) is { } rewritten)
        {
            return new RevisionHold(commit[..12], rewritten);
        }

        var confirmed = bundles.Manifest.Fleet!.Spec.ConfirmRemoval;
        return RemovalGuard.Check(changed is null ? book.PublishedNodes() : Published(changed), bundles, guards, confirmed) is RemovalVerdict.Held held
            ? new RevisionHold(held.Id, held.ToProblem())
            : null;
    }

    private async Task<Compilation> CompileAsync(string commit, CancellationToken cancellationToken)
    {
        switch (await source.ReadAsync(commit, _previous, cancellationToken).ConfigureAwait(false))
        {
            case SourceReading.Failed(var problem):
                return new Compilation.Failed(problem);
            case SourceReading.Read(var root, var findings):
                _previous = root;
                return findings.Any(finding => finding.Severity == Severity.Error)
                    ? new Compilation.Rejected(findings)
                    : Compile(root, findings);
            default:
                throw new UnreachableException();
        }
    }

    private Compilation Compile(SourceFolder root, ImmutableArray<Finding> findings) => compile(root) switch
    {
        CompileResult.Rejected(var errors) => new Compilation.Rejected(Merge(findings, errors)),
        CompileResult.Compiled(var bundles, var warnings) => new Compilation.Compiled(bundles, Merge(findings, warnings)),
        _ => throw new UnreachableException(),
    };

    private static ImmutableArray<Finding> Merge(ImmutableArray<Finding> first, ImmutableArray<Finding> second)
    {
        var all = first.AddRange(second).ToArray();
        Array.Sort(all, Finding.Compare);
        return [.. all];
    }

    private Task SettleAsync(
        string commit, RevisionOutcome outcome, RevisionHold? hold, ImmutableArray<Finding> findings, CancellationToken cancellationToken) =>
        book.SettleAsync(commit, outcome, hold, ToRecords(findings), cancellationToken);

    private static List<FindingRecord> ToRecords(ImmutableArray<Finding> findings) => [.. findings.Select(FindingRecord.Of)];

    private abstract record Compilation
    {
        public sealed record Compiled(FleetBundles Bundles, ImmutableArray<Finding> Warnings) : Compilation;

        public sealed record Rejected(ImmutableArray<Finding> Findings) : Compilation;

        public sealed record Failed(Problem Problem) : Compilation;
    }
}
