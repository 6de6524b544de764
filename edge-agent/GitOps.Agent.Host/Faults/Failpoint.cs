namespace GitOps.Agent.Host.Faults;

/// <summary>
/// Moments at which a test can have this program end as by <c>kill -9</c>, each between two things that a power cut or a kill
/// can tear apart. Those of a shim are named so, all others are the agent's. A test goes through the whole list.
/// </summary>
internal enum Failpoint
{
    /// <summary>The state is read, nothing is settled.</summary>
    Started,

    /// <summary>What the last run left half done is in order; the loop has not begun.</summary>
    Settled,

    PointerFetched,

    /// <summary>The bundle is on disk, its blobs are not.</summary>
    BundleFetched,

    BlobFetched,

    /// <summary>Before the state is written: what was decided is not on disk.</summary>
    StateDecided,

    /// <summary>After it: an intention is noted, its effect has not begun.</summary>
    StateWritten,

    /// <summary>A path is noted as the agent's, its file is not written.</summary>
    FileClaimed,

    FileWritten,

    /// <summary>A file is gone, or the original is back; its record is still there.</summary>
    FileGivenBack,

    /// <summary>A workload's files lie in their directory, and <c>current</c> leads to the old ones.</summary>
    FilesPlaced,

    /// <summary>It leads to the new ones, the old ones are still there.</summary>
    FilesSwitched,

    /// <summary>A shim's order is written, the shim is not started.</summary>
    RunOrdered,

    /// <summary>The process runs under its shim, the agent has not noted that the step is done.</summary>
    RunStarted,

    /// <summary>A process has got its stop signal.</summary>
    RunStopping,

    /// <summary>A workload's directory is gone, its run's record is still there.</summary>
    TracesHalfRemoved,

    ShimBegan,

    /// <summary>The process runs, its shim has told nobody.</summary>
    ShimUnnoted,

    /// <summary>It is noted on disk, the agent is not told.</summary>
    ShimNoted,

    /// <summary>A volume's directory is there, without its mode and owner.</summary>
    VolumeMade,

    /// <summary>A report is on disk and not sent.</summary>
    ReportKept,

    /// <summary>A report is acknowledged and not forgotten.</summary>
    ReportAcknowledged,

    /// <summary>Blobs that nothing needs any more are about to go.</summary>
    Collecting,

    /// <summary>A new agent lies in its slot, and nobody knows of it.</summary>
    SlotPlaced,

    /// <summary>It is noted that it is to be tried; the agent before still runs.</summary>
    SlotPending,

    /// <summary>A start of it is counted, it has not begun.</summary>
    SlotChosen,

    /// <summary>It is well, and that is not noted.</summary>
    SlotProving,

    SlotProved,

    /// <summary>It gave itself up, and the agent before has not begun.</summary>
    SlotLeft,
}
