using GitOps.Agent.Generations;
using GitOps.Agent.Planning;
using GitOps.Agent.Policy;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Loop;

/// <summary>
/// Brings a release onto this disk and decides whether it may be applied: fetched, read, checked against itself and the
/// node's policy, then its blobs. Has no effect on anything but the blob store.
/// </summary>
internal sealed class Stager(IReleaseSource source, LoopOptions options, Func<Unit, EquatableArray<string>> claims)
{
    public async Task<StageOutcome> StageAsync(Release release, CancellationToken cancellationToken)
    {
        if (await source.FetchBundleAsync(release, cancellationToken) is FetchOutcome.Failed(var notFetched))
        {
            return new StageOutcome.Failed(notFetched);
        }

        if (source.ReadBundle(release.Bundle) is not { } bytes)
        {
            return new StageOutcome.Failed(new Problem(BundleCodes.WrongDigest,
                What: $"bundle {release.Bundle} cannot be read back from this disk", Fix: "check the disk; it is fetched again"));
        }

        switch (BundleJson.Read(bytes))
        {
            case BundleReading.Refused(var unreadable):
                return new StageOutcome.Refused(unreadable.Select(p => new UnitProblemRow(null, p)).ToEquatableArray());
            case BundleReading.Read(var bundle):
                var problems = BundleCheck.Check(bundle, claims, options.RunsContainers).Concat(PolicyCheck.Check(bundle, options.Policy, options.OwnPaths));
                var rows = problems.Select(p => new UnitProblemRow(p.Unit, p.Problem)).ToEquatableArray();
                return rows.IsEmpty ? await BringAsync(bundle, cancellationToken) : new StageOutcome.Refused(rows);
            case var reading:
                throw new System.Diagnostics.UnreachableException($"no such reading: {reading}");
        }
    }

    private async Task<StageOutcome> BringAsync(Bundle bundle, CancellationToken cancellationToken)
    {
        if (await source.FetchBlobsAsync(bundle, cancellationToken) is FetchOutcome.Failed(var problem))
        {
            return new StageOutcome.Failed(problem);
        }

        foreach (var driver in options.Staging)
        {
            switch (await driver.StageAsync(bundle, cancellationToken))
            {
                case StagingOutcome.Failed(var failed):
                    return new StageOutcome.Failed(failed);
                case StagingOutcome.Refused(var problems):
                    return new StageOutcome.Refused(problems.Select(p => new UnitProblemRow(p.Unit, p.Problem)).ToEquatableArray());
            }
        }

        return new StageOutcome.Staged(bundle);
    }
}
