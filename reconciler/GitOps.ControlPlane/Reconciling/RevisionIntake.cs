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

/// <summary>Judges one revision: read → compile → guards. Accepted whole or not at all; the book says which before this returns.</summary>
internal sealed class RevisionIntake(
    GitMirror mirror, SourceTree source, Func<SourceFolder, CompileResult> compile, RevisionBook book, string fleetUid, ReconcilerOptions options)
{
    private SourceFolder? _previous;

    public async Task<IntakeOutcome> JudgeAsync(string commit, CancellationToken cancellationToken)
    {
        await book.SeenAsync(commit, cancellationToken).ConfigureAwait(false);
        switch (await CompileAsync(commit, cancellationToken).ConfigureAwait(false))
        {
            case Compilation.Failed(var problem):
                return new IntakeOutcome.Failed(problem);
            case Compilation.Rejected(var findings):
                await SettleAsync(commit, RevisionOutcome.Rejected, hold: null, findings, cancellationToken).ConfigureAwait(false);
                return new IntakeOutcome.NotAccepted();
            case Compilation.Compiled(var bundles, var warnings):
                return await GuardAsync(commit, bundles, warnings, cancellationToken).ConfigureAwait(false);
            default:
                throw new UnreachableException();
        }
    }

    /// <summary>Compiles a revision that was accepted before, after a restart; null when it is not there or no longer compiles.</summary>
    public async Task<FleetBundles?> LoadAsync(string commit, CancellationToken cancellationToken) =>
        await mirror.ContainsAsync(commit, cancellationToken).ConfigureAwait(false) &&
        await CompileAsync(commit, cancellationToken).ConfigureAwait(false) is Compilation.Compiled(var bundles, _)
            ? bundles
            : null;

    private async Task<IntakeOutcome> GuardAsync(
        string commit, FleetBundles bundles, ImmutableArray<Finding> warnings, CancellationToken cancellationToken)
    {
        var published = book.Published();
        var guards = published is null ? options.FirstGuards : new GuardSettings(published.RemovalLimit, published.AllowForcePush);
        Ancestry ancestry = published is null
            ? new Ancestry.Known(true)
            : await mirror.IsAncestorAsync(published.Revision, commit, cancellationToken).ConfigureAwait(false);
        if (ancestry is Ancestry.Unknown(var problem))
        {
            return new IntakeOutcome.Failed(problem);
        }

        if (Hold(commit, bundles, published, guards, ((Ancestry.Known)ancestry).IsAncestor) is { } hold)
        {
            await SettleAsync(commit, RevisionOutcome.Held, hold, warnings, cancellationToken).ConfigureAwait(false);
            return new IntakeOutcome.NotAccepted();
        }

        var rollout = RolloutPlanner.Begin(commit);
        await book.AcceptAsync(
            commit, GuardSettings.Of(bundles.Manifest), PublishedNode.Of(bundles), rollout, ToRecords(warnings), cancellationToken)
            .ConfigureAwait(false);
        await mirror.PinAsync(commit, cancellationToken).ConfigureAwait(false);
        return new IntakeOutcome.Accepted(bundles, rollout);
    }

    /// <summary>By the guards of what is published, never by those the revision brings.</summary>
    private RevisionHold? Hold(string commit, FleetBundles bundles, PublishedGuards? published, GuardSettings guards, bool isAncestor)
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
        return RemovalGuard.Check(book.PublishedNodes(), bundles, guards, confirmed) is RemovalVerdict.Held held
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
