using GitOps.Bundles;
using GitOps.Manifests;
using GitOps.Manifests.Kinds;

namespace GitOps.Reconciler.Targeting;

/// <summary>A secret that Git holds as ciphertext, for whoever seals it to nodes. Nothing here is opened.</summary>
/// <param name="Keys">As written; none: it is one value, or what a file of SOPS has.</param>
/// <param name="Version">What holes ask for: the digest of <paramref name="File"/>.</param>
/// <param name="IsSops">Otherwise a file of age.</param>
public sealed record SealedSource(string Name, EquatableArray<string> Keys, Digest Version, SourceFile File, bool IsSops)
{
    /// <summary>All of a fleet, by name.</summary>
    public static IReadOnlyDictionary<string, SealedSource> Of(FleetManifest manifest)
    {
        var sources = new Dictionary<string, SealedSource>(StringComparer.Ordinal);
        foreach (var secret in manifest.Secrets)
        {
            if (secret.Spec.Ciphertext is { } written && manifest.Source.TryGet(written.Path, out var file))
            {
                sources.Add(secret.Name, new(secret.Name, secret.Spec.Keys, VersionOf(written, manifest.Source), file, IsSops: secret.Spec.Sops is not null));
            }
        }

        return sources;
    }

    /// <summary>Of a file that is missing there is a finding.</summary>
    internal static Digest VersionOf(ContentSource.Source written, FleetSource source) =>
        Digest.Of(source.TryGet(written.Path, out var file) ? file.Bytes.Span : []);
}
