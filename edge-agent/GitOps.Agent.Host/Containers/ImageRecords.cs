using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using GitOps.Platform.Files;

namespace GitOps.Agent.Host.Containers;

/// <summary>Which images the agent pulled, in a file that is replaced as one.</summary>
internal sealed class ImageRecords(IFileLayer layer, string path)
{
    private const int LimitBytes = 1 << 20;
    private ImmutableSortedSet<string>? _pulled;

    public ImmutableSortedSet<string> Pulled => _pulled ??= Read();

    public void Write(ImmutableSortedSet<string> pulled)
    {
        if (_pulled is null || !_pulled.SetEquals(pulled))
        {
            AtomicFile.Write(layer, path, JsonSerializer.SerializeToUtf8Bytes(new ImagesRecord(1, [.. pulled]), ImagesJson.Default.ImagesRecord));
            _pulled = pulled;
        }
    }

    private ImmutableSortedSet<string> Read()
    {
        try
        {
            return layer.Read(path, LimitBytes) is { } bytes && JsonSerializer.Deserialize(bytes, ImagesJson.Default.ImagesRecord) is { Format: 1 } record
                ? [.. record.Pulled]
                : [];
        }
        catch (JsonException)
        {
            return []; // costs disk, and no image of anybody
        }
    }
}

/// <summary>References of images the agent pulled.</summary>
internal sealed record ImagesRecord(int Format, IReadOnlyList<string> Pulled);

[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ImagesRecord))]
internal sealed partial class ImagesJson : JsonSerializerContext;
