using System.Collections.Immutable;

namespace GitOps.Manifests.Foreign;

/// <summary>
/// What the foreign system itself says about a file: it takes it, or refuses it because of these fields. Nothing is upgraded
/// and nothing is warned about: those are answers of ours, not of theirs.
/// </summary>
public sealed record ForeignVerdict(ImmutableArray<Blame> Blames)
{
    public static readonly ForeignVerdict Accepted = new([]);

    public bool IsAccepted => Blames.IsEmpty;
}

/// <summary>
/// A field to blame. <paramref name="Path"/> is as the system names it, below the document it is in
/// (<c>deviceResources[0].properties.scale</c>); empty for the document as a whole.
/// </summary>
public sealed record Blame(string Path, SourceSpan Span, string Why, string Fix);
