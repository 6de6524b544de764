using System.Collections.Immutable;
using System.Security.Cryptography;
using GitOps.Bundles;
using GitOps.Manifests.Targeting;

namespace GitOps.Reconciler.Compile;

/// <summary>What one node receives; nodes that need the same share all but their names.</summary>
public sealed class NodeBundle
{
    private readonly CompiledBundle _compiled;

    internal NodeBundle(TargetNode target, CompiledBundle compiled) => (Target, _compiled) = (target, compiled);

    public string Node => Target.Name;

    public string? Site => Target.Resource.Spec.Site;

    /// <summary>The node as it is written.</summary>
    public TargetNode Target { get; }

    /// <summary>The units, read from <see cref="Bytes"/> when they are asked for.</summary>
    public Bundle Bundle => _compiled.Bundle.Value;

    /// <summary>The bundle in canonical form, put together when asked for.</summary>
    public ReadOnlyMemory<byte> Bytes => _compiled.ToBytes();

    public int LengthBytes => _compiled.LengthBytes;

    /// <summary>SHA-256 of <see cref="Bytes"/>.</summary>
    public Digest Digest => _compiled.Digest;

    /// <summary>Why the node keeps what it has, as its own or its site's <c>suspend</c> says; null when it does not.</summary>
    public string? Suspended { get; init; }

    /// <summary>Units that had another name before, as <c>movedFrom</c> says; sorted by their new id.</summary>
    public EquatableArray<UnitMove> Moves { get; init; }

    public EquatableArray<UnitId> UnitIds => _compiled.Units.Select(unit => unit.Id).ToEquatableArray();

    /// <summary>The contents the bundle names, once each.</summary>
    public IEnumerable<KeyValuePair<Digest, byte[]>> Blobs =>
        _compiled.Units.SelectMany(unit => unit.Blobs).DistinctBy(blob => blob.Key);

    /// <summary>The names of the secrets that its units have holes for, once each.</summary>
    public IEnumerable<string> Secrets => _compiled.Units.SelectMany(unit => unit.Holes).Select(hole => hole.Secret).Distinct(StringComparer.Ordinal);

    internal ImmutableArray<LoweredUnit> Units => _compiled.Units;

    internal CompiledBundle Compiled => _compiled;
}

/// <summary>A bundle as its units, sorted by id.</summary>
internal sealed class CompiledBundle
{
    private CompiledBundle(ImmutableArray<LoweredUnit> units, int lengthBytes, Digest digest)
    {
        (Units, LengthBytes, Digest) = (units, lengthBytes, digest);
        Bundle = new(() => BundleJson.Read(ToBytes()) is BundleReading.Read(var bundle)
            ? bundle
            : throw new InvalidOperationException($"the bundle {Digest} cannot be read back"));
    }

    public ImmutableArray<LoweredUnit> Units { get; }

    public int LengthBytes { get; }

    public Digest Digest { get; }

    public Lazy<Bundle> Bundle { get; }

    public static CompiledBundle Of(ImmutableArray<LoweredUnit> units)
    {
        var sorted = units.Sort((left, right) => left.Id.CompareTo(right.Id));
        var bytes = Join(sorted);
        return new CompiledBundle(sorted, bytes.Length, Digest.FromHash(SHA256.HashData(bytes)));
    }

    public byte[] ToBytes() => Join(Units);

    private static byte[] Join(ImmutableArray<LoweredUnit> units) =>
        BundleJson.Join([.. units.Select(unit => unit.Bytes!.Value)]);
}
