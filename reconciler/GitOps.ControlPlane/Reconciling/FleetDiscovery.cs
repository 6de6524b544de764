using System.Diagnostics;
using GitOps.Bundles;
using GitOps.ControlPlane.Git;
using GitOps.Manifests;
using GitOps.Reconciler.Compile;

namespace GitOps.ControlPlane.Reconciling;

public abstract record FleetFinding
{
    private FleetFinding() { } // closed: every case is in this file

    /// <summary>The fleet's uid as store, topics and certificates write it.</summary>
    public sealed record Found(string Uid) : FleetFinding;

    /// <summary>The newest revision has errors.</summary>
    public sealed record Rejected(string Revision, EquatableArray<FindingRecord> Findings) : FleetFinding;

    public sealed record Failed(Problem Problem) : FleetFinding;
}

/// <summary>
/// Learns which fleet a repository describes, before there is a store: its path carries the uid. Once, at the very first
/// start of a control plane; asked again until it is found.
/// </summary>
public static class FleetDiscovery
{
    public static async Task<FleetFinding> FindAsync(
        GitMirror mirror,
        Func<SourceFolder, CompileResult> compile,
        ReconcilerOptions options,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        switch (await mirror.FetchAsync(cancellationToken).ConfigureAwait(false))
        {
            case FetchOutcome.Failed(var unreachable):
                return new FleetFinding.Failed(unreachable);
            case FetchOutcome.Fetched(var commit) when await UnsignedAsync(mirror, commit, options, time, cancellationToken).ConfigureAwait(false) is { } unsigned:
                return new FleetFinding.Failed(unsigned);
            case FetchOutcome.Fetched(var commit):
                var tree = new SourceTree(mirror, options.Source, options.ReadDeadline, time);
                return await tree.ReadAsync(commit, previous: null, cancellationToken).ConfigureAwait(false) switch
                {
                    SourceReading.Failed(var unreadable) => new FleetFinding.Failed(unreadable),
                    SourceReading.Read(var root, var findings) => Judge(commit, findings, compile(root)),
                    _ => throw new UnreachableException(),
                };
            default:
                throw new UnreachableException();
        }
    }

    private static async Task<Problem?> UnsignedAsync(
        GitMirror mirror, string commit, ReconcilerOptions options, TimeProvider time, CancellationToken cancellationToken) =>
        options.FirstGuards.Signing is not { } signing ? null
        : await new CommitCheck(mirror, time).CheckAsync(published: null, commit, signing, cancellationToken).ConfigureAwait(false) switch
        {
            CommitVerdict.Held(var problem) => problem,
            CommitVerdict.Failed(var problem) => problem,
            _ => null,
        };

    private static FleetFinding Judge(string commit, IEnumerable<Finding> findings, CompileResult result) => result switch
    {
        CompileResult.Compiled(var bundles, _) => new FleetFinding.Found(bundles.FleetUid),
        CompileResult.Rejected(var errors) => new FleetFinding.Rejected(
            commit, findings.Concat(errors).Select(FindingRecord.Of).ToEquatableArray()),
        _ => throw new UnreachableException(),
    };
}
