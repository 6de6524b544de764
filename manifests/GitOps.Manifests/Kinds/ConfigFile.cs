using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Manifests.Targeting;

namespace GitOps.Manifests.Kinds;

/// <summary>A file on the node. <paramref name="Restart"/> names workloads.</summary>
public sealed record ConfigFileSpec(
    Placement Placement,
    EquatableArray<Requirement> Requires,
    string Path,
    ContentSource Content,
    string? Owner,
    string? Group,
    string Mode,
    bool Adopt,
    EquatableArray<string> Restart,
    string? MovedFrom)
{
    public DriftPolicy Drift { get; init; }

    public Suspension? Suspend { get; init; }
}
