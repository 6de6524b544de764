using System.Text.Json;
using GitOps.Manifests;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Targeting;

namespace GitOps.Reconciler.Diffing;

/// <summary>An image as nodes of one architecture pull it.</summary>
public readonly record struct PlatformImage(string Image, NodeArchitecture Architecture);

/// <summary>
/// How many bytes nodes pull for an image, as far as it is known: from <c>image-sizes.json</c> in the repository, or from
/// whoever was asked. An image that a node has in part costs less.
/// </summary>
public sealed class ImageSizes(IReadOnlyDictionary<PlatformImage, long> known)
{
    /// <summary>In the root of the repository: <c>{"image@sha256:…": {"amd64": 1234, "arm64": 1300}}</c>, or one number for both.</summary>
    public const string FileName = "image-sizes.json";

    public static ImageSizes None { get; } = new(new Dictionary<PlatformImage, long>());

    /// <summary>Null where nobody said it.</summary>
    public long? Of(PlatformImage image) => known.TryGetValue(image, out var bytes) ? bytes : null;

    public ImageSizes With(IEnumerable<KeyValuePair<PlatformImage, long>> more) =>
        new(known.Concat(more).GroupBy(pair => pair.Key).ToDictionary(pair => pair.Key, pair => pair.First().Value));

    /// <summary>What the repository pins; entries that cannot be read are no entries, the sizes are only for the preview.</summary>
    public static ImageSizes Pinned(FleetSource source)
    {
        if (!source.TryGet(FileName, out var file))
        {
            return None;
        }

        try
        {
            using var document = JsonDocument.Parse(file.Bytes, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip });
            return document.RootElement.ValueKind == JsonValueKind.Object ? new ImageSizes(Read(document.RootElement)) : None;
        }
        catch (JsonException)
        {
            return None;
        }
    }

    private static Dictionary<PlatformImage, long> Read(JsonElement root)
    {
        Dictionary<PlatformImage, long> sizes = [];
        foreach (var image in root.EnumerateObject())
        {
            foreach (var architecture in Enum.GetValues<NodeArchitecture>())
            {
                var entry = image.Value.ValueKind == JsonValueKind.Object && image.Value.TryGetProperty(NodeLabels.NameOf(architecture), out var own)
                    ? own
                    : image.Value;
                if (entry.ValueKind == JsonValueKind.Number && entry.TryGetInt64(out var bytes) && bytes >= 0)
                {
                    sizes[new(image.Name, architecture)] = bytes;
                }
            }
        }

        return sizes;
    }
}
