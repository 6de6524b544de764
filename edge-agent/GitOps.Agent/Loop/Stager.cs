using GitOps.Agent.Generations;
using GitOps.Agent.Planning;
using GitOps.Agent.Policy;
using GitOps.Agent.Self;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Loop;

/// <summary>
/// Brings a release onto this disk and decides whether it may be applied: fetched, read, checked against itself and the
/// node's policy, then its blobs. Has no effect on anything but the blob store.
/// </summary>
internal sealed class Stager(IReleaseSource source, LoopOptions options, SelfUpdate self, Func<Unit, EquatableArray<string>> claims)
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
            // What this agent does not know may be what the newer one is for: that much of the bundle it always reads.
            case BundleReading.Refused when BundleJson.FindAgent(bytes) is { } newer && !self.Is(newer):
                return await UpdateAsync(newer, [], cancellationToken);
            case BundleReading.Refused(var unreadable):
                return new StageOutcome.Refused(unreadable.Select(p => new UnitProblemRow(null, p)).ToEquatableArray());
            case BundleReading.Read(var bundle):
                var problems = BundleCheck.Check(bundle, claims, options.RunsContainers).Concat(PolicyCheck.Check(bundle, options.Policy, options.OwnPaths));
                var rows = problems.Select(p => new UnitProblemRow(p.Unit, p.Problem)).ToEquatableArray();
                return !rows.IsEmpty ? new StageOutcome.Refused(rows)
                    : bundle.Units.Select(u => u.Spec).OfType<AgentSpec>().SingleOrDefault() is { } wanted && !self.Is(wanted)
                        ? await UpdateAsync(wanted, bundle.Units.Where(u => u.Spec is UplinkSpec), cancellationToken)
                        : await BringAsync(bundle, cancellationToken);
            case var reading:
                throw new System.Diagnostics.UnreachableException($"no such reading: {reading}");
        }
    }

    /// <param name="uplink">What the bundle says of the link, as far as this agent can read it.</param>
    private async Task<StageOutcome> UpdateAsync(AgentSpec wanted, IEnumerable<Unit> uplink, CancellationToken cancellationToken)
    {
        var (refused, wait) = self.Judge(wanted);
        if ((refused ?? wait) is { } problem)
        {
            return refused is null ? Waits(problem) : Refuse(refused);
        }

        if (await source.FetchBlobsAsync(Bundle.Of([new Unit(AgentSpec.SelfName, wanted), .. uplink]), cancellationToken) is FetchOutcome.Failed(var notFetched))
        {
            return Waits(notFetched);
        }

        return await self.PlaceAsync(wanted, cancellationToken) switch
        {
            SlotOutcome.Failed(var failed) => Waits(failed),
            SlotOutcome.Refused(var why) => Refuse(why),
            SlotOutcome.Placed => new StageOutcome.NewAgent(wanted),
            var outcome => throw new System.Diagnostics.UnreachableException($"no such outcome: {outcome}"),
        };

        StageOutcome.Failed Waits(Problem problem)
        {
            self.Waits($"{problem.Code}: {problem.What}");
            return new StageOutcome.Failed(problem);
        }

        static StageOutcome.Refused Refuse(Problem problem) => new([new UnitProblemRow(AgentSpec.Self, problem)]);
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
