using System.Collections.Immutable;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Targeting;

/// <summary>
/// The values a node sees: Fleet ← Site ← NodeGroups by rising priority ← EdgeNode. Mappings merge key by key, anything
/// else (lists too) is replaced whole. Every node of the result keeps the place that set it, so its origin can be
/// shown.
/// </summary>
public static class MergedValues
{
    /// <summary>The groups are those whose selector matches the node, in any order.</summary>
    public static YamlNode.Mapping For(
        FleetSpec? fleet, SiteSpec? site, IEnumerable<Resource<NodeGroupSpec>> groups, EdgeNodeSpec node)
    {
        var values = fleet?.Values ?? YamlNode.Mapping.Empty;
        values = Merge(values, site?.Values ?? YamlNode.Mapping.Empty);
        // The name settles the order of equal priorities; where that would matter it is a finding.
        foreach (var group in groups.OrderBy(g => g.Spec.Priority).ThenBy(g => g.Name, StringComparer.Ordinal))
        {
            values = Merge(values, group.Spec.Values);
        }

        return Merge(values, node.Values);
    }

    /// <summary>Lays <paramref name="upper"/> over <paramref name="lower"/>.</summary>
    public static YamlNode.Mapping Merge(YamlNode.Mapping lower, YamlNode.Mapping upper)
    {
        if (lower.Entries.IsEmpty)
        {
            return upper;
        }

        if (upper.Entries.IsEmpty)
        {
            return lower;
        }

        var above = upper.Entries.ToDictionary(entry => entry.Key, StringComparer.Ordinal);
        var merged = ImmutableArray.CreateBuilder<YamlEntry>(lower.Entries.Length + above.Count);
        foreach (var below in lower.Entries)
        {
            if (!above.Remove(below.Key, out var entry))
            {
                merged.Add(below);
            }
            else if (below.Value is YamlNode.Mapping left && entry.Value is YamlNode.Mapping right)
            {
                merged.Add(entry with { Value = Merge(left, right) });
            }
            else
            {
                merged.Add(entry);
            }
        }

        merged.AddRange(upper.Entries.Where(entry => above.ContainsKey(entry.Key)));
        return new YamlNode.Mapping(upper.Span, merged.DrainToImmutable());
    }
}
