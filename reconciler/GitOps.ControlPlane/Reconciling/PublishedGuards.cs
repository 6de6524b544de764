using GitOps.Bundles;
using GitOps.Manifests.Kinds;
using GitOps.Reconciler.Guards;

namespace GitOps.ControlPlane.Reconciling;

/// <summary>The guards of the published revision: the next one is judged by these.</summary>
public sealed record PublishedGuards(string Revision, int RemovalLimit, bool AllowForcePush)
{
    public int Format { get; init; } = 1;

    /// <summary>Null: the revision asks for no signatures.</summary>
    public PublishedSigning? Signing { get; init; }

    /// <summary>Null: it was published before a Fleet said so.</summary>
    public PublishedIdentity? Identity { get; init; }

    public static PublishedGuards Of(string revision, GuardSettings guards) =>
        new(revision, guards.RemovalLimit, guards.AllowForcePush)
        {
            Signing = guards.Signing is { } signing ? PublishedSigning.Of(signing) : null,
            Identity = PublishedIdentity.Of(guards.Identity),
        };

    /// <param name="first">Of the control plane's own configuration: who it says must sign must, until a revision that is published says who.</param>
    public GuardSettings ToSettings(GuardSettings first) => new(RemovalLimit, AllowForcePush, Signing?.ToSigning() ?? first.Signing)
    {
        Identity = Identity?.ToPolicy() ?? first.Identity,
    };
}

/// <summary>How long machines are believed, as it is kept.</summary>
public sealed record PublishedIdentity(long CertificateLifeMs, long RenewalGraceMs)
{
    public static PublishedIdentity Of(IdentityPolicy policy) => new((long)policy.CertificateLife.TotalMilliseconds, (long)policy.RenewalGrace.TotalMilliseconds);

    public IdentityPolicy ToPolicy() => new(TimeSpan.FromMilliseconds(CertificateLifeMs), TimeSpan.FromMilliseconds(RenewalGraceMs));
}

/// <summary>Whose signatures count, as it is kept.</summary>
/// <param name="Every">Each commit needs one, not only the newest.</param>
public sealed record PublishedSigning(bool Every, PublishedSigner[] Signers)
{
    public static PublishedSigning Of(CommitSigning signing) => new(
        signing.Mode == SigningMode.Every, [.. signing.Signers.Select(signer => new PublishedSigner(signer.Name, signer.Key, [.. signer.Paths]))]);

    public CommitSigning ToSigning() => new(
        Every ? SigningMode.Every : SigningMode.Head,
        Signers.Select(signer => new CommitSigner(signer.Name, signer.Key, signer.Paths.ToEquatableArray())).ToEquatableArray());
}

public sealed record PublishedSigner(string Name, string Key, string[] Paths);
