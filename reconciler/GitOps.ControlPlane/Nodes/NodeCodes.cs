using GitOps.Bundles;

namespace GitOps.ControlPlane.Nodes;

/// <summary>Why something that a person asks of one node is not done: PUB140 to PUB149.</summary>
public static class NodeCodes
{
    public static readonly ErrorCode NoSuchNode = new("PUB140", "there is no such node to remove",
        "It has neither a pointer nor a certificate in this fleet.");

    public static readonly ErrorCode StillInGit = new("PUB141", "a node to be removed is still in Git",
        "Truth lives in Git: what the published revision has stays in the fleet. Delete the EdgeNode first, or take the node out against Git with --force.");

    public static readonly ErrorCode NothingPublished = new("PUB142", "there is no such node to try anything again",
        "Nothing was published for it yet.");

    public static readonly ErrorCode NothingGivenUp = new("PUB143", "a node has nothing to try again",
        "Its last report does not say that it gave up the bundle its pointer names.");

    public static IReadOnlyList<ErrorCode> All { get; } = [NoSuchNode, StillInGit, NothingPublished, NothingGivenUp];
}
