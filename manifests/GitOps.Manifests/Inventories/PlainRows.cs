using System.Collections.Immutable;
using GitOps.Bundles;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Targeting;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Inventories;

/// <summary>
/// Binds the rows that nearly all rows are like (a name, a site, an architecture, labels, single values, nothing wrong)
/// without the shapes, at a fifth of their cost; a table has a hundred thousand rows. Where it answers, the shapes would
/// give the same node and no finding; where it does not, they decide.
/// </summary>
internal sealed class PlainRows(InventoryDefaults defaults)
{
    private readonly Dictionary<(string Key, string Value), LabelPair> _labels = [];
    private readonly HashSet<string> _sites = new(StringComparer.Ordinal);

    public Resource<EdgeNodeSpec>? TryBind(YamlNode.Scalar name, List<YamlEntry> labels, YamlNode.Mapping spec)
    {
        if (!Label.IsValid(name.Text) || TryLabels(labels) is not { } pairs)
        {
            return null;
        }

        string? site = null;
        var architecture = NodeArchitecture.Amd64;
        var values = YamlNode.Mapping.Empty;
        foreach (var entry in spec.Entries)
        {
            switch (entry)
            {
                case { Key: InventoryField.Site, Value: YamlNode.Scalar { IsPlain: false, Text: var text } } when IsName(text):
                    site = text;
                    break;
                case { Key: InventoryField.Architecture, Value: YamlNode.Scalar { IsPlain: false, Text: "amd64" } }:
                    break;
                case { Key: InventoryField.Architecture, Value: YamlNode.Scalar { IsPlain: false, Text: "arm64" } }:
                    architecture = NodeArchitecture.Arm64;
                    break;
                case { Key: InventoryField.Values, Value: YamlNode.Mapping mapping } when HoldsNoTemplate(mapping):
                    values = mapping;
                    break;
                default:
                    return null;
            }
        }

        return new(ResourceKind.EdgeNode, new(name.Text, pairs, []), name.Span, spec, new(site, architecture, [], values, null))
        {
            HasTemplates = false,
        };
    }

    private EquatableArray<LabelPair>? TryLabels(List<YamlEntry> labels)
    {
        var pairs = ImmutableArray.CreateBuilder<LabelPair>(labels.Count + defaults.Labels.Count);
        foreach (var entry in labels)
        {
            if (entry.Value is not YamlNode.Scalar { IsPlain: false, Text: var text } || TryLabel(entry.Key, text) is not { } pair ||
                Has(pairs, pair.Key))
            {
                return null;
            }

            pairs.Add(pair);
        }

        foreach (var label in defaults.Labels)
        {
            if (!Has(pairs, label.Key))
            {
                pairs.Add(label);
            }
        }

        if (pairs.Count > 1)
        {
            pairs.Sort(static (left, right) => string.CompareOrdinal(left.Key, right.Key));
        }

        return new(pairs.DrainToImmutable());
    }

    private static bool Has(ImmutableArray<LabelPair>.Builder pairs, string key)
    {
        for (var i = 0; i < pairs.Count; i++)
        {
            if (pairs[i].Key == key)
            {
                return true;
            }
        }

        return false;
    }

    private LabelPair? TryLabel(string key, string text)
    {
        if (_labels.TryGetValue((key, text), out var known))
        {
            return known;
        }

        if (!LabelText.IsKey(key) || !LabelText.IsValue(text) || key.StartsWith(NodeLabels.ReservedPrefix, StringComparison.Ordinal))
        {
            return null;
        }

        var pair = new LabelPair(key, text);
        _labels.Add((key, text), pair);
        return pair;
    }

    private bool IsName(string text)
    {
        if (_sites.Contains(text))
        {
            return true;
        }

        return Label.IsValid(text) && _sites.Add(text);
    }

    private static bool HoldsNoTemplate(YamlNode.Mapping mapping)
    {
        foreach (var entry in mapping.Entries)
        {
            switch (entry.Value)
            {
                case YamlNode.Mapping inner when HoldsNoTemplate(inner):
                case YamlNode.Scalar scalar when !scalar.IsTemplate && !(scalar.IsPlain && PlainScalar.IsSurprising(scalar.Text)):
                    break;
                default:
                    return false;
            }
        }

        return true;
    }
}
