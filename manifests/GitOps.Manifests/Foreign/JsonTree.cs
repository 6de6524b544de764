using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Foreign;

/// <summary>
/// Reads JSON into the nodes that YAML is read into, with their places. Strict as Go's reader: no byte order mark, comments or
/// trailing commas; a key written twice is kept twice.
/// </summary>
internal sealed class JsonTree
{
    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly string _file;
    private readonly List<int> _lines = [0];

    private JsonTree(SourceFile file)
    {
        (_bytes, _file) = (file.Bytes, file.Path);
        for (var i = 0; i < _bytes.Length; i++)
        {
            if (_bytes.Span[i] == '\n')
            {
                _lines.Add(i + 1);
            }
        }
    }

    /// <summary>The document, or null and where and why it breaks.</summary>
    public static YamlNode? Read(SourceFile file, YamlLimits limits, out (SourceSpan Span, string Why)? broken)
    {
        var tree = new JsonTree(file);
        var reader = new Utf8JsonReader(file.Bytes.Span, new JsonReaderOptions { MaxDepth = limits.MaxDepth });
        broken = null;
        if (file.Bytes.Length > limits.MaxBytes)
        {
            broken = (SourceSpan.StartOf(file.Path), $"the file has {file.Bytes.Length} bytes, the limit is {limits.MaxBytes}");
            return null;
        }

        if (file.Bytes.Span.StartsWith("\uFEFF"u8))
        {
            broken = (SourceSpan.StartOf(file.Path), "the file begins with a byte order mark, which JSON has not");
            return null;
        }

        try
        {
            reader.Read();
            var node = tree.ReadValue(ref reader);
            while (reader.Read())
            {
                // What follows the one value is refused by the reader itself.
            }

            return node;
        }
        catch (JsonException exception)
        {
            broken = (new(file.Path, (int)(exception.LineNumber ?? 0) + 1, (int)(exception.BytePositionInLine ?? 0) + 1),
                Sentence(exception.Message));
            return null;
        }
        catch (InvalidOperationException) // a surrogate without its partner in an escape
        {
            broken = (tree.Place(reader.TokenStartIndex), "a text holds half a character");
            return null;
        }
    }

    private YamlNode ReadValue(ref Utf8JsonReader reader)
    {
        var span = Place(reader.TokenStartIndex);
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                var entries = ImmutableArray.CreateBuilder<YamlEntry>();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
                {
                    var keySpan = Place(reader.TokenStartIndex);
                    var key = reader.GetString()!;
                    reader.Read();
                    entries.Add(new(key, keySpan, ReadValue(ref reader)));
                }

                return new YamlNode.Mapping(span, entries.DrainToImmutable());
            case JsonTokenType.StartArray:
                var items = ImmutableArray.CreateBuilder<YamlNode>();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    items.Add(ReadValue(ref reader));
                }

                return new YamlNode.Sequence(span, items.DrainToImmutable());
            case JsonTokenType.String:
                return new YamlNode.Scalar(span, reader.GetString()!, IsPlain: false);
            default:
                return new YamlNode.Scalar(span, Encoding.UTF8.GetString(reader.ValueSpan), IsPlain: true);
        }
    }

    private SourceSpan Place(long offset)
    {
        var found = _lines.BinarySearch((int)offset);
        var line = found >= 0 ? found : ~found - 1;
        return new(_file, line + 1, (int)offset - _lines[line] + 1);
    }

    // "'}' is … Change the reader options. LineNumber: 0 | BytePositionInLine: 12." Only the first sentence helps a writer.
    private static string Sentence(string message)
    {
        var end = message.IndexOf(". ", StringComparison.Ordinal);
        var words = end < 0 ? message : message[..end];
        return Excerpt.Of(words.Length > 0 ? char.ToLowerInvariant(words[0]) + words[1..] : "it is no JSON");
    }
}
