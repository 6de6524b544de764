using GitOps.Agent.Host.Files;
using GitOps.Agent.Host.Links;
using GitOps.Agent.Host.Store;
using GitOps.Agent.Planning;
using GitOps.Agent.Storage.Syncing;
using GitOps.Agent.TimeSync;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;
using GitOps.Platform.Processes;

namespace GitOps.Agent.Host.Storage.Syncing;

/// <summary>Puts the parts that follow syncs together.</summary>
internal static class SyncUnits
{
    /// <param name="directory">Where the agent notes what it must not forget of syncs.</param>
    /// <param name="trust">Ages count only while the clock is trusted.</param>
    public static (IUnitKind Kind, SyncDriver Driver) Create(
        IFileLayer host, string directory, PolicyRoots roots, ContentResolver contents, ICommandRunner commands, LinkLedger ledger,
        IClockTrust trust, TimeProvider time, SyncNode node)
    {
        var driver = new SyncDriver(host, roots, new SyncFiles(host, directory), contents, commands, ledger, trust, time, node);
        return (new UnitKind<SyncState, SyncStep>(UnitKinds.Sync, new SyncPlanner(), driver), driver);
    }
}
