using GitOps.Bundles;

namespace GitOps.Agent.Storage.Replicas;

/// <summary>What can go wrong with replicas of folders on several nodes: AGT270 to AGT275.</summary>
public static class ReplicaCodes
{
    public static readonly ErrorCode OtherId = new("AGT270", "a node has another replica id than Git declares",
        "The others would not let it in. It takes part in nothing until Git says the id that it has; a machine that was set up anew has a new one.");

    public static readonly ErrorCode Alone = new("AGT271", "no other node of a replica can be reached",
        "What changes on either side is exchanged when they meet again. Files that change on both sides until then are kept in both versions.");

    public static readonly ErrorCode Conflict = new("AGT272", "files of a replica were changed on several nodes at once",
        "Each has both versions: the newer under the name, the other as NAME.sync-conflict-TIME-NODE.EXT beside it. The alarm ends when no such file is left.");

    public static readonly ErrorCode Stranger = new("AGT273", "a machine that Git does not declare wants to take part in a replica",
        "It is not let in and has seen nothing. It may be a node that was set up anew, or one whose id was declared wrongly.");

    public static readonly ErrorCode PutBack = new("AGT274", "files of a replica were changed on a node that follows another",
        "They were kept in FOLDER.conflicts beside the folder, and what the source has was brought back.");

    public static readonly ErrorCode Failed = new("AGT275", "a replica cannot be carried out on the node",
        "Syncthing ended, does not answer, or cannot read or write the folder. What readers see stays; it is tried again with back-off.");
}
