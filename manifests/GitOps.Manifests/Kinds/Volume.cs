using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Manifests.Targeting;

namespace GitOps.Manifests.Kinds;

/// <summary>A directory that outlives workloads. <paramref name="SizeBytes"/> is its limit.</summary>
public sealed record VolumeSpec(
    Placement Placement,
    EquatableArray<Requirement> Requires,
    string Path,
    long? SizeBytes,
    OnFull OnFull,
    Retention? Retention,
    DeletionPolicy DeletionPolicy,
    string Mode,
    string? Owner,
    string? Group,
    bool Adopt,
    string? MovedFrom)
{
    public LimitKeeping Enforce { get; init; }

    /// <summary>What is to stay free on its disk; null: nothing.</summary>
    public long? ReserveBytes { get; init; }

    public DriftPolicy Drift { get; init; }

    public Suspension? Suspend { get; init; }
}
