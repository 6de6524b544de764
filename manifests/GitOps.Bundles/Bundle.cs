using GitOps.Bundles.Units;

namespace GitOps.Bundles;

/// <summary>
/// Everything one node needs, rendered. Holds no values, revision, generation or time, so that unrelated commits change no
/// digest; nodes that need the same share one.
/// </summary>
public sealed record Bundle
{
    /// <summary>The newest bundle format this release writes and reads.</summary>
    public const int CurrentFormat = 1;

    private Bundle(int format, EquatableArray<Unit> units) => (Format, Units) = (format, units);

    public int Format { get; }

    /// <summary>Sorted by kind, then name, ordinal.</summary>
    public EquatableArray<Unit> Units { get; }

    public static Bundle Empty { get; } = new(CurrentFormat, []);

    /// <exception cref="ArgumentException">Two units have one id.</exception>
    public static Bundle Of(IEnumerable<Unit> units)
    {
        var sorted = units.OrderBy(u => u.Id).ToList();
        for (var i = 1; i < sorted.Count; i++)
        {
            if (sorted[i].Id == sorted[i - 1].Id)
            {
                throw new ArgumentException($"two units are called {sorted[i].Id}", nameof(units));
            }
        }

        return new Bundle(CurrentFormat, sorted.ToEquatableArray());
    }

    /// <summary>The canonical bytes: what is hashed, stored and served.</summary>
    public byte[] ToBytes() => BundleJson.Join([.. Units.Select(unit => (ReadOnlyMemory<byte>)BundleJson.ToBytes(unit))]);

    /// <summary>Every blob the units name, once each.</summary>
    public IEnumerable<ContentPart.Blob> Blobs() =>
        Units.SelectMany(u => u.Spec.Contents()).SelectMany(c => c).OfType<ContentPart.Blob>().Distinct();
}

/// <summary>What a reader made of the bytes of a bundle.</summary>
public abstract record BundleReading
{
    private BundleReading() { } // closed: every case is in this file

    public sealed record Read(Bundle Bundle) : BundleReading;

    /// <summary>Not a bundle this release can carry out whole; every reason is listed.</summary>
    public sealed record Refused(EquatableArray<Problem> Problems) : BundleReading;
}
