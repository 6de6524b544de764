using System.Collections.Immutable;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Manifests;
using GitOps.Manifests.Rules;
using GitOps.Reconciler.Rendering;
using Rules = GitOps.Manifests.Rules.Units;

namespace GitOps.Reconciler.Compile;

/// <summary>
/// A resource as some node receives it; of a Fleet or NodeGroup, the agent it names. Kept for every node of the fleet, so it holds the unit as its canonical bytes and no
/// more than is looked at again.
/// </summary>
/// <param name="Of">What it was made of.</param>
/// <param name="Clock">
/// The name of the node's TimeSync where <c>requires: [clock]</c> stands for it; of an agent, the node's architecture; otherwise null.
/// </param>
/// <param name="Bytes">The unit as it stands in a bundle; null when there are errors.</param>
/// <param name="Claims">Paths and ports, each with the field that makes the claim.</param>
internal sealed record LoweredUnit(
    ResourceUnits Of,
    string? Clock,
    ReadOnlyMemory<byte>? Bytes,
    ImmutableArray<(NodeClaim Claim, SourceSpan Span)> Claims,
    ImmutableArray<HoleUse> Holes,
    ImmutableArray<KeyValuePair<Digest, byte[]>> Blobs,
    ImmutableArray<Finding> Findings)
{
    public UnitId Id => Rules.IdOf(Of.Resource) ?? AgentSpec.Self;

    /// <summary>The Volumes it mounts, each with the field that says so: they have to be on its nodes.</summary>
    public ImmutableArray<(string Name, SourceSpan Span)> Volumes { get; init; } = [];

    /// <summary>As another process lowered it.</summary>
    public static LoweredUnit From(KeptUnit kept, ResourceUnits of) =>
        new(of, kept.Clock, kept.Bytes, kept.Claims, [], [], []) { Volumes = kept.Volumes };

    public bool Equals(LoweredUnit? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);
}
