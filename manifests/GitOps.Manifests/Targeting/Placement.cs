using GitOps.Bundles;

namespace GitOps.Manifests.Targeting;

/// <summary>On which nodes a resource is. Over labels from Git only, never over reported facts.</summary>
public abstract record Placement
{
    private Placement() { } // closed: every case is in this file

    /// <summary><c>all: true</c></summary>
    public sealed record All : Placement;

    /// <summary><c>matchLabels</c> and <c>matchExpressions</c></summary>
    public sealed record Matching(LabelSelector Selector) : Placement;

    /// <summary><c>nodes: [a, b]</c>, by name</summary>
    public sealed record Nodes(EquatableArray<string> Names) : Placement;
}
