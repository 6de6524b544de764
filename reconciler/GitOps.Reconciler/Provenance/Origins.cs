using GitOps.Bundles;
using GitOps.Manifests;

namespace GitOps.Reconciler.Provenance;

/// <summary>A place of the repository that says something, and what.</summary>
/// <param name="By">Whose place it is: <c>Site 'berlin'</c>.</param>
/// <param name="Text">As written, on one line.</param>
public sealed record Origin(SourceSpan Span, string By, string Text);

/// <summary>One of the values a node's templates see. <paramref name="Path"/> begins with <c>values.</c></summary>
/// <param name="Overrides">What would count without the winner, nearest first.</param>
public sealed record ValueOrigin(string Path, Origin Winner, EquatableArray<Origin> Overrides);

/// <summary>A unit or secret of a node: where its resource is written, and why it is on this node.</summary>
/// <param name="Name"><c>workload/web</c>; a secret, which is no unit, as <c>secret/db</c>.</param>
/// <param name="Reason">The placement, in the words of the manifest.</param>
public sealed record PlacementOrigin(string Name, Origin Resource, SourceSpan ReasonSpan, string Reason);

/// <summary>A field of a resource as this node receives it.</summary>
/// <param name="Path">Below <c>spec</c>, list items by their name or their place.</param>
/// <param name="Rendered">What a template gave; null where nothing was rendered.</param>
/// <param name="Reads">What the template looked at, in the order of their names.</param>
public sealed record FieldOrigin(string Path, Origin Written, string? Rendered, EquatableArray<ValueOrigin> Reads);

/// <summary>The groups of a node, the strongest last.</summary>
public sealed record GroupOrigin(Origin Group, int Priority, string Selector);

/// <summary>What <c>gitops why</c> answers. Closed.</summary>
public abstract record WhyAnswer
{
    private WhyAnswer() { } // closed: every case is in this file

    public sealed record Found(string Question) : WhyAnswer
    {
        /// <summary>Only when the question is about a whole node.</summary>
        public Origin? Node { get; init; }

        public Origin? Site { get; init; }

        public EquatableArray<GroupOrigin> Groups { get; init; }

        public EquatableArray<PlacementOrigin> Placements { get; init; }

        public EquatableArray<FieldOrigin> Fields { get; init; }

        public EquatableArray<ValueOrigin> Values { get; init; }
    }

    /// <summary>There is no such thing; what there is instead.</summary>
    public sealed record Unknown(string What, string Fix) : WhyAnswer;
}
