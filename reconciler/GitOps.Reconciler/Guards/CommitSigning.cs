using GitOps.Bundles;
using GitOps.Manifests;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Rules;

namespace GitOps.Reconciler.Guards;

/// <summary>Whose signatures count, with their keys: no file of the repository is needed to judge by it.</summary>
public sealed record CommitSigning(SigningMode Mode, EquatableArray<CommitSigner> Signers)
{
    /// <summary>Null when the fleet asks for no signatures.</summary>
    /// <exception cref="ArgumentException">A key's file is missing: the manifest cannot have been published.</exception>
    public static CommitSigning? Of(FleetManifest manifest) => manifest.Fleet?.Spec.Signing is { } signing
        ? new(signing.Mode, signing.Signers.Select(signer => new CommitSigner(
                signer.Name,
                SigningRules.TextOf(manifest, signer.Key) ?? throw new ArgumentException($"the key of '{signer.Name}' is missing", nameof(manifest)),
                signer.Paths)).ToEquatableArray())
        : null;
}

/// <param name="Key">As <see cref="SignerKeys"/> reads it.</param>
/// <param name="Paths">Globs of what the signer may change; empty: everything.</param>
public sealed record CommitSigner(string Name, string Key, EquatableArray<string> Paths)
{
    public bool MayChange(string path) => Paths.IsEmpty || Paths.Any(glob => PathGlob.Matches(glob, path));
}
