using System.Collections.Immutable;
using GitOps.Manifests.Kinds;

namespace GitOps.Manifests.Targeting;

/// <summary>A node's labels: those written, and three that follow from the node itself and cannot be written.</summary>
public sealed class NodeLabels
{
    /// <summary>LabelPair keys below this prefix belong to the product.</summary>
    public const string ReservedPrefix = "gitops.edge/";

    public const string Site = ReservedPrefix + "site";
    public const string Node = ReservedPrefix + "node";
    public const string Architecture = ReservedPrefix + "arch";

    private NodeLabels(ImmutableArray<LabelPair> all) => All = all;

    public ImmutableArray<LabelPair> All { get; }

    public static NodeLabels Of(Resource<EdgeNodeSpec> node)
    {
        var labels = ImmutableArray.CreateBuilder<LabelPair>(node.Metadata.Labels.Count + 3);
        labels.Add(new(Node, node.Name));
        labels.Add(new(Architecture, NameOf(node.Spec.Architecture)));
        if (node.Spec.Site is { } site)
        {
            labels.Add(new(Site, site));
        }

        foreach (var label in node.Metadata.Labels)
        {
            if (!label.Key.StartsWith(ReservedPrefix, StringComparison.Ordinal))
            {
                labels.Add(label);
            }
        }

        return new(labels.DrainToImmutable());
    }

    /// <summary>The value of a label, or null when the node does not have it.</summary>
    public string? Find(string key)
    {
        foreach (var label in All)
        {
            if (string.Equals(label.Key, key, StringComparison.Ordinal))
            {
                return label.Value;
            }
        }

        return null;
    }

    /// <summary>As written in manifests and in the label.</summary>
    public static string NameOf(NodeArchitecture architecture) =>
        architecture == NodeArchitecture.Arm64 ? "arm64" : "amd64";
}
