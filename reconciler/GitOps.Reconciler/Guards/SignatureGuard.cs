using GitOps.Bundles;
using GitOps.Manifests.Kinds;

namespace GitOps.Reconciler.Guards;

/// <summary>What checking the signature of a commit gave.</summary>
public enum SignatureState
{
    None,

    /// <summary>The key made it, over exactly this commit.</summary>
    Good,

    /// <summary>It is not over this commit, or is no signature.</summary>
    Bad,

    /// <summary>The signature says of itself that its time is over.</summary>
    Expired,

    KeyExpired,

    KeyRevoked,

    /// <summary>No key of the keyring made it.</summary>
    UnknownKey,
}

/// <param name="Key">Fingerprint of the primary OpenPGP key, <c>SHA256:…</c> of an SSH key; of an unknown key what is known of it.</param>
public sealed record CommitSignature(string Commit, SignatureState State, string? Key);

/// <summary>A key that may sign, by its fingerprint, and whose it is.</summary>
public sealed record KnownKey(string Fingerprint, CommitSigner Signer, DateTimeOffset? From = null, DateTimeOffset? Until = null);

/// <summary>A commit that is judged, and what it changes by itself; null where nobody asked, because its signer may change all.</summary>
public sealed record SignedCommit(CommitSignature Signature, IReadOnlyList<string>? Paths);

/// <summary>
/// Only commits that a listed key signed are compiled. Expired and revoked keys do not count, whatever time a commit gives
/// itself: it is judged when it comes in, and what is published is not judged again.
/// </summary>
public static class SignatureGuard
{
    private const int Shown = 3;

    /// <summary>Whose signature it is; null when it does not count.</summary>
    public static CommitSigner? SignerOf(CommitSignature signature, IReadOnlyList<KnownKey> keys, DateTimeOffset now) =>
        signature.State == SignatureState.Good && Find(signature, keys) is { } key && !(now < key.From) && !(now >= key.Until) ? key.Signer : null;

    /// <summary>Null when the commits may be compiled. All that is wrong is in the problem, the oldest commit first.</summary>
    public static Problem? Check(IReadOnlyList<SignedCommit> commits, CommitSigning signing, IReadOnlyList<KnownKey> keys, DateTimeOffset now)
    {
        var unsigned = commits.Where(commit => SignerOf(commit.Signature, keys, now) is null)
            .Select(commit => $"commit {commit.Signature.Commit} {WhyNot(commit.Signature, keys, now)}").ToList();
        if (unsigned.Count > 0)
        {
            return new Problem(PublishCodes.NotSigned,
                What: $"{List(unsigned)}; signatures of [{string.Join(", ", signing.Signers.Select(signer => signer.Name))}] count",
                Fix: signing.Mode == SigningMode.Head
                    ? "sign the newest commit (git commit --amend --no-edit -S) and push; a new key is listed in Fleet.spec.signing by a signed commit first"
                    : "sign each of them (git rebase --exec 'git commit --amend --no-edit -S' on the published revision) and push; " +
                        "a new key is listed in Fleet.spec.signing by a signed commit first");
        }

        var outside = commits.Select(commit => Outside(commit, SignerOf(commit.Signature, keys, now)!)).OfType<string>().ToList();
        return outside.Count == 0 ? null : new Problem(PublishCodes.OutsidePaths,
            What: List(outside),
            Fix: "have somebody sign the change who may make it, or widen 'paths' of the signer in Fleet.spec.signing by a commit that is signed for that file");
    }

    private static string WhyNot(CommitSignature signature, IReadOnlyList<KnownKey> keys, DateTimeOffset now) => signature.State switch
    {
        SignatureState.None => "is not signed",
        SignatureState.Good when Find(signature, keys) is { } key && now < key.From =>
            FormattableString.Invariant($"is signed with {Name(key)}, which counts from {key.From:u} on"),
        SignatureState.Good when Find(signature, keys) is { } key =>
            FormattableString.Invariant($"is signed with {Name(key)}, which counted until {key.Until:u}"),
        SignatureState.Good or SignatureState.UnknownKey => $"is signed with the key {signature.Key ?? "of nobody"}, which is not listed",
        SignatureState.Expired => $"has a signature whose own time is over, by {Name(signature, keys)}",
        SignatureState.KeyExpired => $"is signed with {Name(signature, keys)}, which has expired",
        SignatureState.KeyRevoked => $"is signed with {Name(signature, keys)}, which is revoked",
        SignatureState.Bad => "has a signature that is not for it: it was changed after it was signed",
        _ => throw new System.Diagnostics.UnreachableException($"{signature.State}"),
    };

    private static string? Outside(SignedCommit commit, CommitSigner signer)
    {
        var paths = (commit.Paths ?? []).Where(path => !signer.MayChange(path)).ToList();
        return paths.Count == 0 ? null
            : $"commit {commit.Signature.Commit} of '{signer.Name}' changes {List([.. paths.Select(path => $"'{path}'")])}, " +
                $"and that key is for [{string.Join(", ", signer.Paths)}]";
    }

    private static KnownKey? Find(CommitSignature signature, IReadOnlyList<KnownKey> keys) => keys.FirstOrDefault(key => key.Fingerprint == signature.Key);

    private static string Name(CommitSignature signature, IReadOnlyList<KnownKey> keys) =>
        Find(signature, keys) is { } key ? Name(key) : $"the key {signature.Key}";

    private static string Name(KnownKey key) => $"the key {key.Fingerprint} of '{key.Signer.Name}'";

    private static string List(List<string> items) =>
        string.Join(", ", items.Take(Shown)) + (items.Count > Shown ? FormattableString.Invariant($" and {items.Count - Shown} more") : "");
}
