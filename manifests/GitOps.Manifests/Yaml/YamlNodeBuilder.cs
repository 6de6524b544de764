using System.Collections.Immutable;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace GitOps.Manifests.Yaml;

/// <summary>Turns parser events into nodes, keeping depth and what aliases stand for within their limits.</summary>
internal sealed class YamlNodeBuilder(
    Parser parser, string file, YamlLimits limits, FindingList findings, bool isForeign)
{
    private const string StringTag = "tag:yaml.org,2002:str";

    private readonly Dictionary<string, Anchored> _anchors = new(StringComparer.Ordinal);
    private readonly HashSet<string> _openAnchors = new(StringComparer.Ordinal);
    private int _nodes;
    private int _aliasedNodes;

    public void ReadAll(ImmutableArray<YamlNode>.Builder documents)
    {
        while (parser.MoveNext())
        {
            switch (parser.Current)
            {
                case DocumentStart:
                    _anchors.Clear(); // anchors end with their document (YAML 1.2 §6.9.2)
                    break;
                case StreamStart or StreamEnd or DocumentEnd or Comment:
                    break;
                default:
                    documents.Add(ReadNode(depth: 1));
                    break;
            }
        }
    }

    private YamlNode ReadNode(int depth)
    {
        if (depth > limits.MaxDepth)
        {
            throw Stop(ManifestCodes.TooDeep, SpanOfCurrent(), $"YAML is nested deeper than {limits.MaxDepth} levels",
                "flatten the structure");
        }

        switch (parser.Current)
        {
            case AnchorAlias alias:
                return Resolve(alias);
            case NodeEvent node:
                RefuseTag(node);
                return Anchoring(node, depth);
            default:
                throw Stop(ManifestCodes.Syntax, SpanOfCurrent(), "a value is missing here", "write one");
        }
    }

    private YamlNode Anchoring(NodeEvent node, int depth)
    {
        var before = _nodes + _aliasedNodes;
        var name = node.Anchor.IsEmpty ? null : node.Anchor.Value;
        if (name is not null)
        {
            _openAnchors.Add(name);
        }

        _nodes++;
        YamlNode read = node switch
        {
            Scalar scalar => ReadScalar(scalar),
            SequenceStart start => ReadSequence(start, depth),
            MappingStart start => ReadMapping(start, depth),
            _ => throw Stop(ManifestCodes.Syntax, Span(node.Start), "a value is missing here", "write one"),
        };
        if (name is not null)
        {
            _openAnchors.Remove(name);
            _anchors[name] = new(read, _nodes + _aliasedNodes - before);
        }

        return read;
    }

    private YamlNode.Scalar ReadScalar(Scalar scalar)
    {
        var span = Span(scalar.Start);
        var isPlain = scalar.Style == ScalarStyle.Plain && !(isForeign && scalar.Tag is { IsEmpty: false, Value: StringTag });
        if (!isForeign && isPlain && scalar.Value.Contains("{{", StringComparison.Ordinal))
        {
            findings.Error(ManifestCodes.UnquotedTemplate, span,
                $"the template '{Excerpt.Of(scalar.Value)}' stands outside of quotes",
                $"quote it: {Excerpt.Quoted(scalar.Value)}");
        }

        return new(span, scalar.Value, isPlain);
    }

    private YamlNode.Sequence ReadSequence(SequenceStart start, int depth)
    {
        var items = ImmutableArray.CreateBuilder<YamlNode>();
        while (Next() is not SequenceEnd)
        {
            items.Add(ReadNode(depth + 1));
        }

        return new(Span(start.Start), items.DrainToImmutable());
    }

    private YamlNode.Mapping ReadMapping(MappingStart start, int depth)
    {
        var entries = ImmutableArray.CreateBuilder<YamlEntry>();
        var seen = new Dictionary<string, SourceSpan>(StringComparer.Ordinal);
        List<YamlNode> merged = [];
        while (Next() is not MappingEnd)
        {
            var keySpan = SpanOfCurrent();
            var isMerge = isForeign && parser.Current is Scalar { Style: ScalarStyle.Plain, Value: "<<" };
            var key = isMerge ? null : ReadKey(start, depth);
            Next();
            var value = ReadNode(depth + 1);
            if (isMerge)
            {
                merged.Add(value);
            }

            if (key is null)
            {
                continue;
            }

            if (!seen.TryAdd(key, keySpan))
            {
                findings.Error(ManifestCodes.DuplicateKey, keySpan,
                    $"the key '{Excerpt.Of(key)}' is written twice, first in line {seen[key].Line}",
                        "remove one of them");
                continue;
            }

            entries.Add(new(key, keySpan, value));
        }

        foreach (var entry in merged.SelectMany(MergedEntries))
        {
            if (seen.TryAdd(entry.Key, entry.KeySpan)) // what is written itself wins over what is merged, the first over the next
            {
                entries.Add(entry);
            }
        }

        return new(Span(start.Start), entries.DrainToImmutable());
    }

    private static IEnumerable<YamlEntry> MergedEntries(YamlNode merged) => merged switch
    {
        YamlNode.Mapping mapping => mapping.Entries,
        YamlNode.Sequence list => list.Items.OfType<YamlNode.Mapping>().SelectMany(mapping => mapping.Entries),
        _ => [],
    };

    // A key that cannot be used is reported and null; its value is still read, for the findings in it.
    private string? ReadKey(MappingStart owner, int depth)
    {
        if (parser.Current is Scalar scalar)
        {
            RefuseTag(scalar);
            if (scalar.Style == ScalarStyle.Plain && scalar.Value == "<<")
            {
                findings.Error(ManifestCodes.UnsupportedYaml, Span(scalar.Start),
                    "merge keys ('<<') are not part of YAML 1.2",
                        "write the fields out, or put what is shared into values");
                return null;
            }

            _nodes++;
            if (!scalar.Anchor.IsEmpty)
            {
                _anchors[scalar.Anchor.Value] =
                    new(new YamlNode.Scalar(Span(scalar.Start), scalar.Value, IsPlain: false), 1);
            }

            return scalar.Value;
        }

        if (owner.Style == MappingStyle.Flow && parser.Current is MappingStart { Style: MappingStyle.Flow } inner &&
            inner.Start.Line == owner.Start.Line && inner.Start.Column == owner.Start.Column + 1)
        {
            throw Stop(ManifestCodes.UnquotedTemplate, Span(owner.Start), "a template stands outside of quotes",
                "put the whole value in quotes: \"{{ … }}\"");
        }

        findings.Error(ManifestCodes.UnsupportedYaml, SpanOfCurrent(), "a key is not text", "use text as the key");
        ReadNode(depth + 1);
        return null;
    }

    private YamlNode Resolve(AnchorAlias alias)
    {
        var name = alias.Value.Value;
        if (_openAnchors.Contains(name) || !_anchors.TryGetValue(name, out var anchored))
        {
            throw Stop(ManifestCodes.UnsupportedYaml, Span(alias.Start),
                _openAnchors.Contains(name) ? $"the alias '*{name}' stands for itself"
                    : $"there is no anchor '&{name}' above",
                "write the value out");
        }

        _aliasedNodes += anchored.Nodes;
        return _aliasedNodes <= limits.MaxAliasedNodes
            ? anchored.Node
            : throw Stop(ManifestCodes.AliasBudget, Span(alias.Start),
                $"the aliases of this file stand for more than {limits.MaxAliasedNodes} values",
                "write the values out, or put them into a file that 'source' names");
    }

    private void RefuseTag(NodeEvent node)
    {
        if (!isForeign && !node.Tag.IsEmpty && !node.Tag.IsNonSpecific)
        {
            findings.Error(ManifestCodes.UnsupportedYaml, Span(node.Start),
                $"the tag '{Excerpt.Of(node.Tag.Value.Replace("tag:yaml.org,2002:", "!!", StringComparison.Ordinal))}' is not supported",
                "remove it; quotes make a string, no quotes a number or boolean");
        }
    }

    private ParsingEvent Next() =>
        parser.MoveNext() && parser.Current is { } current
            ? current
            : throw Stop(ManifestCodes.Syntax, SpanOfCurrent(), "the file ends in the middle of a value",
                "complete it");

    private YamlReadStoppedException Stop(GitOps.Bundles.ErrorCode code, SourceSpan span, string what, string fix)
    {
        findings.Error(code, span, what, fix);
        return new();
    }

    /// <summary>How far reading came, for a failure that does not say where it is.</summary>
    public SourceSpan SpanOfCurrent() => parser.Current is { } current ? Span(current.Start) : SourceSpan.StartOf(file);

    private SourceSpan Span(in Mark mark) => new(file, (int)Math.Max(1, mark.Line), (int)Math.Max(1, mark.Column));

    private readonly record struct Anchored(YamlNode Node, int Nodes);
}
