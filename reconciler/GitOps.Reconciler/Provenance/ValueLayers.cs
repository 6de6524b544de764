using System.Collections.Immutable;
using GitOps.Bundles;
using GitOps.Manifests;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Yaml;

namespace GitOps.Reconciler.Provenance;

/// <summary>The layers a node's values are merged of, weakest first, to ask each of them for one path.</summary>
internal sealed class ValueLayers(IReadOnlyList<(string By, YamlNode.Mapping Values)> layers)
{
    private const string Root = "values";

    public static ValueLayers Of(
        FleetManifest manifest, Resource<SiteSpec>? site, IEnumerable<Resource<NodeGroupSpec>> groups, Resource<EdgeNodeSpec> node)
    {
        List<(string, YamlNode.Mapping)> layers = [];
        if (manifest.Fleet is { } fleet)
        {
            layers.Add((Words.Of(fleet), fleet.Spec.Values));
        }

        if (site is not null)
        {
            layers.Add((Words.Of(site), site.Spec.Values));
        }

        layers.AddRange(groups.Select(group => ($"{Words.Of(group)} (priority {group.Spec.Priority})", group.Spec.Values)));
        layers.Add((Words.Of(node), node.Spec.Values));
        return new ValueLayers(layers);
    }

    /// <summary>Every value at or below the path, each with who set it; nothing when there is none.</summary>
    /// <param name="path"><c>values</c>, or below it.</param>
    public IEnumerable<ValueOrigin> At(YamlNode.Mapping merged, string path)
    {
        YamlNode node = merged;
        foreach (var name in Names(path))
        {
            if (node is not YamlNode.Mapping mapping || !mapping.TryGet(name, out var next))
            {
                return [];
            }

            node = next;
        }

        return Leaves(node, path).Select(Trace);
    }

    private static IEnumerable<string> Leaves(YamlNode node, string path) => node is YamlNode.Mapping { Entries.IsEmpty: false } mapping
        ? mapping.Entries.SelectMany(entry => Leaves(entry.Value, $"{path}.{entry.Key}"))
        : [path];

    private ValueOrigin Trace(string path)
    {
        List<Origin> said = [];
        foreach (var (by, values) in layers)
        {
            if (Find(values, path) is { } entry)
            {
                said.Insert(0, new Origin(entry.KeySpan, by, Words.Of(entry.Value)));
            }
        }

        return new ValueOrigin(path, said[0], said.Skip(1).ToEquatableArray());
    }

    /// <summary>What a layer says of a path: the entry itself, or the first on the way that is no mapping and so replaces all below.</summary>
    private static YamlEntry? Find(YamlNode.Mapping values, string path)
    {
        var node = values;
        YamlEntry? found = null;
        foreach (var name in Names(path))
        {
            var next = node.Entries.Where(entry => string.Equals(entry.Key, name, StringComparison.Ordinal)).Select(entry => (YamlEntry?)entry).FirstOrDefault();
            if (next is null || next.Value.Value is not YamlNode.Mapping below)
            {
                return next;
            }

            (found, node) = (next, below);
        }

        return found;
    }

    private static ImmutableArray<string> Names(string path) => [.. path.Split('.').Skip(path.StartsWith(Root, StringComparison.Ordinal) ? 1 : 0)];
}
