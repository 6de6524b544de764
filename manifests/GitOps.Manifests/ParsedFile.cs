using System.Collections.Immutable;
using GitOps.Manifests.Foreign;
using GitOps.Manifests.Kinds;

namespace GitOps.Manifests;

/// <summary>
/// What one file says by itself. It depends on the file's path and bytes only, so it can be kept by (path, blob id).
/// <paramref name="Declared"/> names every resource, also those whose spec has errors, so that a reference to one of
/// them
/// is not reported as dangling on top; <paramref name="IsWhole"/> is false when there may be some that could not be
/// named.
/// </summary>
public sealed record ParsedFile(
    string Path,
    ImmutableArray<Resource> Resources,
    ImmutableArray<Declaration> Declared,
    bool IsWhole,
    ImmutableArray<Finding> Findings)
{
    /// <summary>Documents of other systems, in the order of the file.</summary>
    public ImmutableArray<ForeignDocument> Foreign { get; init; } = [];
}

/// <summary>A kind and name that somebody wrote, and where the document begins.</summary>
public sealed record Declaration(ResourceKind Kind, string Name, SourceSpan Span);

/// <summary>A source tree as understood. The manifest serves to render only when no finding is an error.</summary>
public sealed record ParsedFleet(FleetManifest Manifest, ImmutableArray<Finding> Findings)
{
    public bool HasErrors => Findings.Any(finding => finding.Severity == Severity.Error);
}
