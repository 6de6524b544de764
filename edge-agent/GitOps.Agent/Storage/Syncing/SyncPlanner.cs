using System.Globalization;
using GitOps.Agent.Links;
using GitOps.Agent.Planning;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Storage.Syncing;

/// <summary>
/// Keeps syncs followed. The runs themselves are nobody's step: they take hours, and what they wait for is never held against
/// a bundle. A pull is ready when readers have a whole tree, a push as soon as it is followed, a backup when it is
/// known that the snapshots are this machine's: what requires it does not begin with nothing where another machine left its own.
/// A replica is ready when the node once had all that the others have; the source of one at once.
/// </summary>
public sealed class SyncPlanner : IUnitPlanner<SyncState, SyncStep>
{
    public UnitPlan<SyncStep> Plan(Unit desired, Unit? owned, SyncState observed, PlanContext context)
    {
        var spec = (SyncSpec)desired.Spec;
        if (VolumeOf(spec, context.Desired) is not { } volume)
        {
            return new([], [], new UnitStatus.Refused(new Problem(AgentCodes.Contradiction,
                $"{desired.Id} is about volume/{spec.Volume}, which this node does not get", "place the volume on the node too")));
        }

        var job = new SyncJob(spec, volume.Path, volume.LimitBytes, LinkPolicy.Of(context.Desired)) { VolumeReserve = volume.ReserveBytes };
        if (observed.Following != job)
        {
            var because = observed.Following is null ? "it is not followed" : "it is to be done in another way";
            return new([new SyncStep.Follow(job) { Because = because }], [], new UnitStatus.Progressing("it begins"));
        }

        return new([], [], observed.HasTree || spec.Mode == SyncMode.Push
            ? new UnitStatus.Ready()
            : new UnitStatus.Unhealthy($"{Lacks(spec.Mode)}: {observed.Message ?? "the first run is under way"}", FailureCause.Environment));
    }

    private static string Lacks(SyncMode mode) => mode switch
    {
        SyncMode.Pull => "nothing whole was brought yet",
        SyncMode.Replicate => "the node was never seen to have all that the others have",
        _ => "it is not known yet whether there are backups to be restored",
    };

    public UnitPlan<SyncStep> PlanRemoval(Unit owned, SyncState observed, PlanContext context)
    {
        const string Because = "it left the bundle";
        List<SyncStep> steps = [];
        if (observed.Following is not null)
        {
            steps.Add(new SyncStep.Unfollow { Because = Because });
        }

        if (observed.IsKnown)
        {
            var volume = observed.Following?.VolumePath ?? VolumeOf((SyncSpec)owned.Spec, context.Desired)?.Path;
            steps.Add(new SyncStep.Forget(volume) { Because = Because });
        }

        return new([.. steps], [], steps.Count == 0 ? new UnitStatus.Ready() : new UnitStatus.Progressing(Because));
    }

    /// <summary>A folder that changes as a whole, or as on other nodes, has one writer.</summary>
    public EquatableArray<string> Claims(Unit unit) => unit.Spec switch
    {
        SyncSpec { Mode: SyncMode.Pull } spec => [FolderOf(spec)],
        SyncSpec { Remote.Nodes: { } nodes } spec => [FolderOf(spec), string.Create(CultureInfo.InvariantCulture, $"port:{nodes.Port}")],
        _ => [],
    };

    private static string FolderOf(SyncSpec spec) => $"folder:{spec.Volume}/{spec.Folder}";

    private static VolumeSpec? VolumeOf(SyncSpec spec, Bundle bundle) =>
        bundle.Units.FirstOrDefault(u => u.Name == spec.Volume && u.Spec is VolumeSpec)?.Spec as VolumeSpec;
}
