using GitOps.Manifests.Targeting;
using GitOps.Reconciler.Compile;
using GitOps.Reconciler.Diffing;

namespace GitOps.Cli.Sources;

/// <summary>Fills in sizes of images that a preview needs and the repository does not pin.</summary>
internal static class RegistrySizes
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    public static async Task<ImageSizes> AddAsync(ImageSizes sizes, FleetDiff diff, FleetBundles head, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { Timeout = Limit };
        var registry = new ImageRegistry(http);
        Dictionary<PlatformImage, long> found = [];
        var wanted = diff.Nodes.SelectMany(node => node.Images.Where(image => image.Bytes is null).Select(image =>
            head.TryGet(node.Node, out var bundle) ? new PlatformImage(image.Image, bundle.Target.Resource.Spec.Architecture) : (PlatformImage?)null));
        foreach (var image in wanted.OfType<PlatformImage>().Distinct())
        {
            if (ImageName.TryParse(image.Image, out var name) &&
                await registry.SizeOfAsync(name, NodeLabels.NameOf(image.Architecture), cancellationToken) is { } bytes)
            {
                found[image] = bytes;
            }
        }

        return sizes.With(found);
    }
}
