using GitOps.Bundles;

namespace GitOps.ControlPlane.Sealing;

/// <summary>What can go wrong when secrets are sealed to nodes: PUB160 to PUB169.</summary>
public static class SealingCodes
{
    public static readonly ErrorCode KeyUnreadable = new("PUB160", "the control plane's key for secrets cannot be read",
        "keys/age.key of the data directory holds one identity of age, the key that secrets in Git are encrypted to. It is made at the first start and never replaced.");

    public static readonly ErrorCode NotSealed = new("PUB161", "a secret cannot be sealed to the nodes that use it",
        "What the control plane opened does not hold what the Secret promises. Everything else is published; nodes wait with the generation that needs the secret.");

    public static IReadOnlyList<ErrorCode> All { get; } = [KeyUnreadable, NotSealed];
}
