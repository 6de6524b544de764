using GitOps.Bundles;

namespace GitOps.Agent.Secrets;

/// <summary>What can go wrong with secrets that are sealed to this node: AGT210 to AGT219.</summary>
public static class SecretCodes
{
    public static readonly ErrorCode NotHere = new("AGT210", "a sealed secret has not come to this node",
        "The control plane seals secrets to a node's own key, beside the bundle. Until it has, the node waits with the generation that needs them, and goes on with " +
        "what it has.");

    public static readonly ErrorCode ForAnotherKey = new("AGT211", "a secret is sealed to another key than this node's",
        "The node was given a new seal.key, or a file was encrypted to other nodes. What was filled in before stays; nothing is removed.");

    public static readonly ErrorCode NoKey = new("AGT212", "this node has no key for secrets",
        "seal.key of the identity folder is missing, or is not one identity of age. What was filled in before stays; nothing is removed.");

    public static readonly ErrorCode NotTrusted = new("AGT213", "sealed secrets are not signed for this node",
        "What the store gave names another node or fleet, or is signed by no key that this node trusts. It is not taken.");

    public static readonly ErrorCode NoSuchKey = new("AGT214", "a sealed secret does not hold what is asked for",
        "The file that was encrypted end to end holds no text under the key that the bundle names. Encrypted for nodes, it has to be a JSON object of texts.");

    public static IReadOnlyList<ErrorCode> All { get; } = [NotHere, ForAnotherKey, NoKey, NotTrusted, NoSuchKey];
}
