namespace GitOps.Bundles;

/// <summary>What can be wrong with a bundle, a pointer or trust: AGT001 to AGT029.</summary>
public static class BundleCodes
{
    public static readonly ErrorCode Unreadable = new("AGT001", "a document cannot be read",
        "The bytes are not the document they should be. The node keeps what it has.");

    public static readonly ErrorCode UnknownFormat = new("AGT002", "a bundle has a format this agent does not read",
        "The control plane writes a newer (or too old) format than this agent understands. The node keeps what it has.");

    public static readonly ErrorCode UnknownUnit = new("AGT003", "a bundle holds a unit kind or field this agent does not know",
        "Carrying out part of a bundle would be worse than none, so it is refused whole. A newer agent, or a lower bundleFormat, helps.");

    public static readonly ErrorCode UnknownKey = new("AGT004", "a signature is by no key this node trusts",
        "The publication is signed by a key that the node's root does not list. The node keeps what it has.");

    public static readonly ErrorCode BadSignature = new("AGT005", "a signature does not verify",
        "The signed bytes were changed after signing, or signed with another key. The node keeps what it has.");

    public static readonly ErrorCode BadProof = new("AGT006", "a pointer's proof does not lead to the signed root",
        "The pointer is not part of the publication it claims to be part of. The node keeps what it has.");

    public static readonly ErrorCode WrongAddressee = new("AGT007", "a pointer is for another fleet or node",
        "The store served another node's pointer. The node keeps what it has.");

    public static readonly ErrorCode OlderGeneration = new("AGT008", "a pointer is older than one this node has seen",
        "Somebody replays an old publication, or the store was restored from a backup. The node keeps what it has; going back is a new publication of an old revision.");

    public static readonly ErrorCode Equivocation = new("AGT009", "one generation names two bundles",
        "Two different publications carry one generation: the signing key is used in two places, or was stolen. The node keeps what it has and reports it as an attack.");

    public static readonly ErrorCode WrongDigest = new("AGT010", "bytes do not have the digest they were fetched by",
        "The store or something on the way changed them. They are thrown away and fetched again.");

    public static readonly ErrorCode UntrustedRoot = new("AGT011", "a root of trust is not signed by enough keys of the one before",
        "The node keeps the root it has.");

    public static IReadOnlyList<ErrorCode> All { get; } =
    [
        Unreadable, UnknownFormat, UnknownUnit, UnknownKey, BadSignature, BadProof, WrongAddressee, OlderGeneration,
        Equivocation, WrongDigest, UntrustedRoot,
    ];
}
