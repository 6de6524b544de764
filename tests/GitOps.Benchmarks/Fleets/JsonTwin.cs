using System.Text.Json;
using GitOps.Manifests;
using GitOps.Manifests.Yaml;

namespace GitOps.Benchmarks.Fleets;

/// <summary>Writes a YAML file's documents as JSON: what a floor parses instead.</summary>
internal static class JsonTwin
{
    /// <summary>One entry per document; a file that is no manifest has none.</summary>
    public static IEnumerable<byte[]> Of(SourceFile file) => file.Path.EndsWith(".yaml", StringComparison.Ordinal)
        ? YamlReader.Read(file, YamlLimits.Default, new FindingList()).Select(ToJson)
        : [];

    private static byte[] ToJson(YamlNode document)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            Write(writer, document);
        }

        return stream.ToArray();
    }

    private static void Write(Utf8JsonWriter writer, YamlNode node)
    {
        switch (node)
        {
            case YamlNode.Mapping(_, var entries):
                writer.WriteStartObject();
                foreach (var entry in entries)
                {
                    writer.WritePropertyName(entry.Key);
                    Write(writer, entry.Value);
                }

                writer.WriteEndObject();
                break;
            case YamlNode.Sequence(_, var items):
                writer.WriteStartArray();
                foreach (var item in items)
                {
                    Write(writer, item);
                }

                writer.WriteEndArray();
                break;
            case YamlNode.Scalar(_, var text, _):
                writer.WriteStringValue(text);
                break;
        }
    }
}
