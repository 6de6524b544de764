using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Inventories;

/// <summary>
/// Reads a JSON list of objects into nodes with their places. Members that are <c>null</c> count as not written.
/// </summary>
internal static class JsonRows
{
    private const int MaxDepth = 64;

    /// <summary>The rows read up to the first fault; the fault is among the findings.</summary>
    public static List<YamlNode> Read(string file, string text, FindingList findings)
    {
        var rows = new List<YamlNode>();
        var bytes = Encoding.UTF8.GetBytes(text);
        var places = new Places(file, bytes);
        var reader = new Utf8JsonReader(bytes, new JsonReaderOptions
        {
            MaxDepth = MaxDepth,
            CommentHandling = JsonCommentHandling.Skip,
            AllowTrailingCommas = true,
        });
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartArray)
            {
                findings.Error(ManifestCodes.BrokenTable, SourceSpan.StartOf(file),
                    "the table is no list of nodes", "write [{\"name\": \"press-1\", \"site\": \"hall-a\"}, …]");
                return rows;
            }

            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                rows.Add(ReadNode(ref reader, places, findings));
            }

            reader.Read(); // nothing may follow the list
        }
        catch (JsonException exception)
        {
            findings.Error(ManifestCodes.BrokenTable,
                new(file, (int)(exception.LineNumber ?? 0) + 1, (int)(exception.BytePositionInLine ?? 0) + 1),
                "the JSON breaks here", "check commas, quotes and brackets here and in the line above");
        }

        return rows;
    }

    private static YamlNode ReadNode(ref Utf8JsonReader reader, Places places, FindingList findings)
    {
        var span = places.Of(reader.TokenStartIndex);
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                return ReadObject(ref reader, span, places, findings);
            case JsonTokenType.StartArray:
                var items = ImmutableArray.CreateBuilder<YamlNode>();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    items.Add(ReadNode(ref reader, places, findings));
                }

                return new YamlNode.Sequence(span, items.DrainToImmutable());
            case JsonTokenType.String:
                return new YamlNode.Scalar(span, reader.GetString() ?? "", IsPlain: false);
            default:
                return new YamlNode.Scalar(span, Encoding.UTF8.GetString(reader.ValueSpan), IsPlain: true);
        }
    }

    private static YamlNode.Mapping ReadObject(ref Utf8JsonReader reader, SourceSpan span, Places places,
        FindingList findings)
    {
        var entries = ImmutableArray.CreateBuilder<YamlEntry>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var key = reader.GetString() ?? "";
            var keySpan = places.Of(reader.TokenStartIndex);
            reader.Read();
            var value = ReadNode(ref reader, places, findings);
            if (!seen.Add(key))
            {
                findings.Error(ManifestCodes.DuplicateKey, keySpan,
                    string.Create(CultureInfo.InvariantCulture, $"the member '{Excerpt.Of(key)}' is written twice"),
                    "remove one of them");
            }
            else if (value is not YamlNode.Scalar { IsPlain: true, Text: "null" })
            {
                entries.Add(new(key, keySpan, value));
            }
        }

        return new(span, entries.DrainToImmutable());
    }

    /// <summary>Lines and columns of rising offsets, each character looked at once.</summary>
    private sealed class Places(string file, byte[] bytes)
    {
        private int _at;
        private int _column = 1;
        private int _line = 1;

        public SourceSpan Of(long offset)
        {
            var between = bytes.AsSpan(_at, (int)offset - _at);
            if (between.LastIndexOf((byte)'\n') is >= 0 and var end)
            {
                _line += between.Count((byte)'\n');
                _column = 1;
                between = between[(end + 1)..];
            }

            _column += Encoding.UTF8.GetCharCount(between);
            _at = (int)offset;
            return new(file, _line, _column);
        }
    }
}
