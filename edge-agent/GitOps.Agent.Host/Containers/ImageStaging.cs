using GitOps.Agent.Containers;
using GitOps.Agent.Links;
using GitOps.Agent.Planning;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;

namespace GitOps.Agent.Host.Containers;

/// <summary>
/// Before a bundle is applied: refuses what this node's engine cannot do, and brings the images here, while everything that
/// runs goes on.
/// </summary>
internal sealed class ImageStaging(Engine engine, ImageStore images) : IStagingDriver
{
    private Task _collecting = Task.CompletedTask;

    public async Task<StagingOutcome> StageAsync(Bundle bundle, CancellationToken cancellationToken)
    {
        var groups = bundle.Units.Where(u => u.Spec is WorkloadSpec { Containers: not null }).ToList();
        if (groups.Count == 0)
        {
            return new StagingOutcome.Done();
        }

        try
        {
            var (features, _) = await engine.FeaturesAsync(cancellationToken);
            if (groups.SelectMany(g => EngineCheck.Check(g, features)).ToList() is { Count: > 0 } lacking)
            {
                return new StagingOutcome.Refused(lacking);
            }

            await GroupSteps.EnsurePauseImageAsync(engine, cancellationToken);
            var facts = new Dictionary<string, ImageFacts?>(StringComparer.Ordinal);
            foreach (var image in groups.SelectMany(g => g.Group.Images()).Distinct(StringComparer.Ordinal))
            {
                if (await images.EnsureAsync(image, LinkPolicy.Of(bundle), cancellationToken) is { } problem)
                {
                    return new StagingOutcome.Failed(problem);
                }

                var found = await engine.FindImageAsync(image, cancellationToken);
                facts[image] = found is null ? null : new ImageFacts(found.Architecture ?? "", found.Config?.User ?? "");
            }

            return groups.SelectMany(g => EngineCheck.Check(g, features, facts.GetValueOrDefault)).ToList() is { Count: > 0 } wrong
                ? new StagingOutcome.Refused(wrong)
                : new StagingOutcome.Done();
        }
        catch (EngineException e)
        {
            return new StagingOutcome.Failed(Problems.Away(groups[0].Id, e));
        }
        catch (FileLayerException e)
        {
            return new StagingOutcome.Failed(new Problem(AgentCodes.FileFailed, e.Message, "look at that path on the node"));
        }
    }

    public void Keep(IReadOnlyList<Bundle> kept)
    {
        var before = _collecting;
        _collecting = Task.Run(async () =>
        {
            await before;
            try
            {
                await images.KeepAsync(kept, CancellationToken.None);
            }
            catch (Exception e) when (e is EngineException or FileLayerException)
            {
                // What should have gone goes the next time.
            }
        });
    }

    /// <summary>When the last <see cref="Keep"/> has done its work.</summary>
    internal Task Collected => _collecting;
}
