using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using GitOps.Bundles;
using GitOps.Manifests;

namespace GitOps.Reconciler.Compile;

/// <summary>
/// One revision, compiled: what every node of the fleet receives, and the blobs those bundles name. Immutable; two of one
/// <see cref="FleetCompilation"/> share what is equal.
/// </summary>
public sealed class FleetBundles
{
    private readonly ImmutableSortedDictionary<string, NodeBundle> _byName;
    private readonly Lazy<ImmutableArray<NodeBundle>> _nodes;
    private readonly Lazy<IReadOnlyDictionary<Digest, ReadOnlyMemory<byte>>> _blobs;
    private readonly ChangeHistory _history;

    internal FleetBundles(FleetManifest manifest, ImmutableSortedDictionary<string, NodeBundle> byName, ChangeHistory history)
    {
        Manifest = manifest;
        _byName = byName;
        _history = history;
        _nodes = new(() => [.. _byName.Values]);
        _blobs = new(() => BlobsOf(_byName.Values));
    }

    /// <summary>What the bundles were compiled from: has exactly one Fleet and no errors.</summary>
    public FleetManifest Manifest { get; }

    public int Count => _byName.Count;

    /// <summary>Sorted by name (ordinal).</summary>
    public ImmutableArray<NodeBundle> Nodes => _nodes.Value;

    /// <summary>The contents the bundles name, once each. The bundles themselves are in <see cref="Nodes"/>.</summary>
    public IReadOnlyDictionary<Digest, ReadOnlyMemory<byte>> Blobs => _blobs.Value;

    /// <summary>The fleet's uid as the store, topics and certificates write it.</summary>
    public string FleetUid => Manifest.Fleet!.Spec.Uid.ToString("D");

    public bool TryGet(string node, [NotNullWhen(true)] out NodeBundle? bundle) => _byName.TryGetValue(node, out bundle);

    /// <summary>
    /// The names of nodes that may differ from those of another revision: added, gone or not the same. All names of both
    /// where the two are not of one compilation, or lie too far apart.
    /// </summary>
    public IReadOnlyCollection<string> ChangedSince(FleetBundles? older) =>
        older is null ? [.. _byName.Keys]
        : _history.Since(older._history) ?? (IReadOnlyCollection<string>)_byName.Keys.Union(older._byName.Keys, StringComparer.Ordinal).ToHashSet(StringComparer.Ordinal);

    private static ImmutableSortedDictionary<Digest, ReadOnlyMemory<byte>> BlobsOf(IEnumerable<NodeBundle> nodes)
    {
        var seen = new HashSet<LoweredUnit>();
        var blobs = ImmutableSortedDictionary.CreateBuilder<Digest, ReadOnlyMemory<byte>>();
        foreach (var unit in nodes.SelectMany(node => node.Units).Where(unit => !unit.Blobs.IsEmpty && seen.Add(unit)))
        {
            foreach (var (digest, bytes) in unit.Blobs)
            {
                blobs[digest] = bytes;
            }
        }

        return blobs.ToImmutable();
    }
}

/// <summary>A unit that was renamed: removing the old name is part of the rename, not a removal.</summary>
public readonly record struct UnitMove(UnitId From, UnitId To);
