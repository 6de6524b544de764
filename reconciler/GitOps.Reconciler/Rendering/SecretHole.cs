using GitOps.Bundles;
using Scriban.Parsing;

namespace GitOps.Reconciler.Rendering;

/// <summary>
/// Where the agent puts a secret. While a template runs, this is an object of its own and never text: no value can look like
/// one, and no function can take one apart.
/// </summary>
/// <param name="File">What fills it, on the node; null: it is sealed.</param>
/// <param name="Span">Where the template asks for it, inside of its text.</param>
internal sealed record SecretHole(string Name, string Key, Digest Version, string? File, SourceSpan Span);

/// <summary>A secret that a content needs; the place is only worked out for a finding.</summary>
internal sealed record HoleUse(string Secret, Func<Manifests.SourceSpan> Place);

/// <summary>A part of a rendered content, in order: text or a hole.</summary>
internal abstract record RenderedPart
{
    private RenderedPart() { } // closed: every case is in this file

    public sealed record Text(string Value) : RenderedPart;

    public sealed record Hole(SecretHole Secret) : RenderedPart;
}
