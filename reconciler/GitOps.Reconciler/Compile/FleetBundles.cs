using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using GitOps.Bundles;
using GitOps.Manifests;

namespace GitOps.Reconciler.Compile;

/// <summary>One revision, compiled: what every node of the fleet receives, and the blobs those bundles name.</summary>
public sealed class FleetBundles
{
    private readonly FrozenDictionary<string, NodeBundle> _byName;

    public FleetBundles(
        FleetManifest manifest, IEnumerable<NodeBundle> nodes, IReadOnlyDictionary<Digest, ReadOnlyMemory<byte>> blobs)
    {
        Manifest = manifest;
        Nodes = [.. nodes.OrderBy(node => node.Node, StringComparer.Ordinal)];
        Blobs = blobs;
        _byName = Nodes.ToFrozenDictionary(node => node.Node, StringComparer.Ordinal);
    }

    /// <summary>What the bundles were compiled from: has exactly one Fleet and no errors.</summary>
    public FleetManifest Manifest { get; }

    /// <summary>Sorted by name (ordinal).</summary>
    public ImmutableArray<NodeBundle> Nodes { get; }

    /// <summary>The contents the bundles name, once each. The bundles themselves are in <see cref="Nodes"/>.</summary>
    public IReadOnlyDictionary<Digest, ReadOnlyMemory<byte>> Blobs { get; }

    /// <summary>The fleet's uid as the store, topics and certificates write it.</summary>
    public string FleetUid => Manifest.Fleet!.Spec.Uid.ToString("D");

    public bool TryGet(string node, [NotNullWhen(true)] out NodeBundle? bundle) => _byName.TryGetValue(node, out bundle);
}

/// <summary>
/// What one node receives. <paramref name="Bytes"/> is the bundle in canonical form and <paramref name="Digest"/> their
/// SHA-256; nodes that need the same share both.
/// </summary>
public sealed record NodeBundle(string Node, string? Site, Bundle Bundle, ReadOnlyMemory<byte> Bytes, Digest Digest)
{
    /// <summary>Why the node keeps what it has, as its own or its site's <c>suspend</c> says; null when it does not.</summary>
    public string? Suspended { get; init; }

    /// <summary>Units that had another name before, as <c>movedFrom</c> says; sorted by their new id.</summary>
    public EquatableArray<UnitMove> Moves { get; init; }

    public EquatableArray<UnitId> UnitIds => Bundle.Units.Select(unit => unit.Id).ToEquatableArray();
}

/// <summary>A unit that was renamed: removing the old name is part of the rename, not a removal.</summary>
public readonly record struct UnitMove(UnitId From, UnitId To);
