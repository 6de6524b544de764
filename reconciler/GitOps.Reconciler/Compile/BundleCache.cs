using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Reconciler.Compile;

internal sealed record CompiledBundle(Bundle Bundle, byte[] Bytes, Digest Digest);

/// <summary>Writes a bundle once for all nodes that have the very same unit objects, which the unit cache sees to.</summary>
internal sealed class BundleCache
{
    private readonly ConcurrentDictionary<Unit[], CompiledBundle> _bundles = new(SameUnits.Instance);

    public CompiledBundle Get(Unit[] units)
    {
        if (_bundles.TryGetValue(units, out var known))
        {
            return known;
        }

        var bundle = Bundle.Of(units);
        var bytes = bundle.ToBytes();
        return _bundles.GetOrAdd(units, new CompiledBundle(bundle, bytes, Digest.Of(bytes)));
    }

    private sealed class SameUnits : IEqualityComparer<Unit[]>
    {
        public static readonly SameUnits Instance = new();

        public bool Equals(Unit[]? x, Unit[]? y) =>
            x is not null && y is not null && x.Length == y.Length && x.Zip(y).All(pair => ReferenceEquals(pair.First, pair.Second));

        public int GetHashCode(Unit[] obj)
        {
            var hash = new HashCode();
            foreach (var unit in obj)
            {
                hash.Add(RuntimeHelpers.GetHashCode(unit));
            }

            return hash.ToHashCode();
        }
    }
}
