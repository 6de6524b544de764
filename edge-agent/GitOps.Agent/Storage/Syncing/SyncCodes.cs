using GitOps.Bundles;

namespace GitOps.Agent.Storage.Syncing;

/// <summary>What can go wrong with syncs of volumes: AGT125 to AGT139.</summary>
public static class SyncCodes
{
    public static readonly ErrorCode Remote = new("AGT125", "a sync's remote cannot be reached, or refuses",
        "What is on the node stays as it is. It is tried again with back-off; what was brought already is not brought again.");

    public static readonly ErrorCode Failed = new("AGT126", "a sync could not be carried out on the node",
        "The file system refused. What readers see stays as it is. It is tried again with back-off.");

    public static readonly ErrorCode Conflict = new("AGT127", "files of a sync were changed on both sides",
        "onConflict: stop was chosen: nothing is changed on either side until they are the same again, or onConflict says what to do.");

    public static readonly ErrorCode NoProgram = new("AGT128", "a program that syncs need is not on the node",
        "rclone does the transfers, restic the backups, syncthing the replicas. They come as Debian packages of these names, or from rclone.org, restic.net and syncthing.net.");

    public static readonly ErrorCode TooOld = new("AGT129", "the last whole run of a sync is too old",
        "It is older than alarmAfter, by a trusted clock. The sync's own message says what it waits for.");

    public static readonly ErrorCode NotOurs = new("AGT130", "the folder of a sync is there already and holds something else",
        "A sync takes over a folder only when it is empty or holds exactly what the remote has.");

    public static readonly ErrorCode NoRoom = new("AGT131", "there is no room for what a sync brings",
        "The new tree has to fit beside the one that readers see, below the limit of its volume.");

    public static readonly ErrorCode Restless = new("AGT132", "a sync's remote changes while it is read",
        "A tree is published only when the remote was the same before and after. It is tried again.");

    public static readonly ErrorCode Emptied = new("AGT133", "a sync's remote holds nothing any more",
        "An empty bucket, a share that is not mounted and a mistake look the same, so the node keeps what it has.");

    public static readonly ErrorCode OutOfTime = new("AGT134", "a run of a sync did not end in time",
        "Its timeLimit or its window was over. The next run goes on where it was.");

    public static readonly ErrorCode Listing = new("AGT135", "a sync's tree cannot be kept on a node",
        "It has too many files, or names that contradict each other or cannot be written.");

    public static readonly ErrorCode Repository = new("AGT136", "the place of a backup holds no repository that can be used",
        "Another password, something else, or half of a repository. Nothing there is changed.");

    public static readonly ErrorCode Foreign = new("AGT137", "there are backups of this node that this machine did not make",
        "The machine is new, or has lost its memory. Nothing is backed up until a person has restored, or has said that what is here now goes on.");

    public static readonly ErrorCode Damaged = new("AGT138", "a backup did not pass its check",
        "What is kept at the remote is damaged or incomplete. What is there stays; nothing is removed from it.");

    public static readonly ErrorCode Restored = new("AGT139", "a person used a backup",
        "Somebody at the node restored from it or had it checked.");

    public static IReadOnlyList<ErrorCode> All { get; } =
        [Remote, Failed, Conflict, NoProgram, TooOld, NotOurs, NoRoom, Restless, Emptied, OutOfTime, Listing, Repository, Foreign, Damaged, Restored];
}
