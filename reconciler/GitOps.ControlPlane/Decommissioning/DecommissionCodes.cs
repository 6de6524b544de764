using GitOps.Bundles;

namespace GitOps.ControlPlane.Decommissioning;

/// <summary>Why a node is not taken out of the fleet: PUB140 to PUB149.</summary>
public static class DecommissionCodes
{
    public static readonly ErrorCode NoSuchNode = new("PUB140", "there is no such node to remove",
        "It has neither a pointer nor a certificate in this fleet.");

    public static readonly ErrorCode StillInGit = new("PUB141", "a node to be removed is still in Git",
        "Truth lives in Git: what the published revision has stays in the fleet. Delete the EdgeNode first, or take the node out against Git with --force.");

    public static IReadOnlyList<ErrorCode> All { get; } = [NoSuchNode, StillInGit];
}
