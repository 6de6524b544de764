using GitOps.Bundles;
using GitOps.Manifests;
using GitOps.Manifests.Kinds;

namespace GitOps.Reconciler.Targeting;

/// <summary>A secret that Git holds as ciphertext, for whoever seals it to nodes. Nothing here is opened.</summary>
/// <param name="Keys">As written; none: it is one value.</param>
/// <param name="Version">What holes ask for: the digest of <paramref name="File"/>.</param>
public sealed record SealedSource(string Name, EquatableArray<string> Keys, Digest Version, ReadOnlyMemory<byte> File)
{
    /// <summary>All of a fleet, by name.</summary>
    public static IReadOnlyDictionary<string, SealedSource> Of(FleetManifest manifest)
    {
        var sources = new Dictionary<string, SealedSource>(StringComparer.Ordinal);
        foreach (var secret in manifest.Secrets)
        {
            if (secret.Spec.Age is { } age && manifest.Source.TryGet(age.Path, out var file))
            {
                sources.Add(secret.Name, new(secret.Name, secret.Spec.Keys, VersionOf(age, manifest.Source), file.Bytes));
            }
        }

        return sources;
    }

    /// <summary>Of a file that is missing there is a finding.</summary>
    internal static Digest VersionOf(ContentSource.Source age, FleetSource source) =>
        Digest.Of(source.TryGet(age.Path, out var file) ? file.Bytes.Span : []);
}
