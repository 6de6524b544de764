using GitOps.Bundles;

namespace GitOps.Manifests.Kinds;

/// <summary>Whose signature a commit needs before the control plane compiles it.</summary>
public sealed record SigningPolicy(SigningMode Mode, EquatableArray<SignerSpec> Signers);

public enum SigningMode
{
    /// <summary>The newest commit: who signs it answers for all it contains.</summary>
    Head,

    /// <summary>Each commit since the published one, those that a merge brings included.</summary>
    Every,
}

/// <param name="Key">An OpenPGP public key, armored, or SSH public keys: see <see cref="SignerKeys"/>.</param>
/// <param name="Paths">Globs of the files that this signer may change; empty: all.</param>
public sealed record SignerSpec(string Name, ContentSource Key, EquatableArray<string> Paths);
