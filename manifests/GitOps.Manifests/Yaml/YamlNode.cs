using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace GitOps.Manifests.Yaml;

/// <summary>
/// What a YAML document says, with the place of every key and value. The reader makes it, the renderer replaces scalars
/// in
/// it, merged values are made of it: one tree for all three, so that every leaf can still name the line that set it.
/// </summary>
public abstract record YamlNode
{
    private YamlNode(SourceSpan span) => Span = span;

    public SourceSpan Span { get; init; }

    /// <summary>
    /// A single value. <paramref name="IsPlain"/> is true when it was written without quotes, which is what lets it be
    /// a
    /// number, a boolean or null; a quoted one is always a string.
    /// </summary>
    public sealed record Scalar(SourceSpan Span, string Text, bool IsPlain) : YamlNode(Span)
    {
        /// <summary>Holds a template expression somewhere.</summary>
        public bool IsTemplate => Text.Contains("{{", StringComparison.Ordinal);
    }

    public sealed record Sequence(SourceSpan Span, ImmutableArray<YamlNode> Items) : YamlNode(Span);

    /// <summary>Keys are unique and in the order written.</summary>
    public sealed record Mapping(SourceSpan Span, ImmutableArray<YamlEntry> Entries) : YamlNode(Span)
    {
        /// <summary>A mapping without entries, for what was left out.</summary>
        public static readonly Mapping Empty = new(default, []);

        public bool TryGet(string key, [NotNullWhen(true)] out YamlNode? value)
        {
            foreach (var entry in Entries)
            {
                if (string.Equals(entry.Key, key, StringComparison.Ordinal))
                {
                    value = entry.Value;
                    return true;
                }
            }

            value = null;
            return false;
        }
    }
}

/// <summary>One key of a mapping, where it stands, and its value.</summary>
public readonly record struct YamlEntry(string Key, SourceSpan KeySpan, YamlNode Value);
