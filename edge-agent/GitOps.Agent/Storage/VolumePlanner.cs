using System.Collections.Immutable;
using System.Globalization;
using GitOps.Agent.Planning;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Storage;

/// <summary>
/// Keeps a directory as the bundle says. A volume that was not counted yet counts as having room: nothing that runs is
/// stopped because we do not know. When the path changes, what the old directory holds stays where it is.
/// </summary>
public sealed class VolumePlanner : IUnitPlanner<VolumeState, VolumeStep>
{
    public UnitPlan<VolumeStep> Plan(Unit desired, Unit? owned, VolumeState observed, PlanContext context)
    {
        var spec = (VolumeSpec)desired.Spec;
        if (observed.UnknownAccount is { } account)
        {
            return Refuse(VolumeCodes.UnknownAccount, $"{desired.Id} belongs to '{account}', which this node does not have",
                $"create the account on the node, or name another in Git");
        }

        var owner = observed.Owner ?? default;
        var isOwn = (owned?.Spec as VolumeSpec)?.Path == spec.Path || spec.Adopt;
        if (observed.Entry is VolumeEntry.Missing or VolumeEntry.Directory && VolumeImagePlanning.Plan(desired, isOwn, observed, owner) is { } ofImage)
        {
            return ofImage;
        }

        switch (observed.Entry)
        {
            case VolumeEntry.Unknown(var why):
                return new([], [], new UnitStatus.Unhealthy($"{spec.Path} cannot be looked at: {why}", FailureCause.Environment));
            case VolumeEntry.SomethingElse(var what):
                return Refuse(VolumeCodes.NotADirectory, $"{desired.Id} wants the directory {spec.Path}, there is {what}",
                    $"move it away on the node, or give the volume another path");
            case VolumeEntry.Missing:
                var create = new VolumeStep.Create(spec.Path, spec.Mode, owner) { Because = "there is no such directory" };
                return new([create, .. WatchIfNeeded(spec, observed)], [], new UnitStatus.Progressing("its directory is made"));
            case VolumeEntry.Directory { IsEmpty: false } when !isOwn:
                return Refuse(VolumeCodes.NotOurs, $"{desired.Id} wants the directory {spec.Path}, which is there already and not empty",
                    $"set adopt: true to take it over with all it holds, or give the volume another path");
            case VolumeEntry.Directory directory:
                var (growth, tooSmall) = VolumeImagePlanning.Grow(desired, observed.Image);
                // It grows last: a disk that is too full for that is no reason to stop counting and to make no room.
                ImmutableArray<VolumeStep> steps =
                    [.. Access(spec, directory, owner), .. WatchIfNeeded(spec, observed), .. Trim(spec, observed.Usage, context), .. growth];
                return new(steps, [], tooSmall is null ? Status(spec, observed.Usage) : new UnitStatus.Refused(tooSmall));
            case var entry:
                throw new System.Diagnostics.UnreachableException($"unknown entry {entry}");
        }
    }

    /// <summary>
    /// Deletes only what a committed generation said may be deleted, after a grace in trusted time: a slip in Git can be
    /// taken back until then. A directory whose path another unit takes over stays for that one.
    /// </summary>
    public UnitPlan<VolumeStep> PlanRemoval(Unit owned, VolumeState observed, PlanContext context)
    {
        var spec = (VolumeSpec)owned.Spec;
        if (WhyKept(spec, context) is { } kept)
        {
            return Leave(observed, $"it left the bundle; the directory stays with all it holds: {kept}", []);
        }

        var isGone = observed.Entry is VolumeEntry.Missing or VolumeEntry.SomethingElse;
        if (isGone && observed.Image.FileBytes is null)
        {
            return Leave(observed, "it left the bundle, and its directory is gone", []);
        }

        if (WhyWait(spec, context) is { } wait)
        {
            return new([], [wait], new UnitStatus.Progressing("it left the bundle"));
        }

        const string Because = "it left the bundle, and its deletionPolicy was Delete";
        ImmutableArray<VolumeStep> tree = isGone ? [] : [new VolumeStep.RemoveTree(spec.Path) { Because = Because }];
        return Leave(observed, "it left the bundle", [.. VolumeImagePlanning.Remove(spec, observed.Image, Because), .. tree]);
    }

    private static string? WhyKept(VolumeSpec spec, PlanContext context) =>
        spec.DeletionPolicy == DeletionPolicy.Retain ? "its deletionPolicy is Retain"
        : !context.Departure.WasCommitted ? "no committed generation said deletionPolicy: Delete of it as it is"
        : context.Desired.Units.FirstOrDefault(u => u.Spec is VolumeSpec other && other.Path == spec.Path) is { } heir ? $"{heir.Id} has it now"
        : null;

    private static Hold? WhyWait(VolumeSpec spec, PlanContext context)
    {
        if (context.DeletionGrace <= TimeSpan.Zero)
        {
            return null;
        }

        var what = $"the deletion of {spec.Path} and all it holds";
        if (!context.ClockTrusted)
        {
            return new Hold(what, Until: string.Create(CultureInfo.InvariantCulture,
                $"the clock is trusted, and was for {context.DeletionGrace.TotalHours:0.##} h; without a clock unit it never is: remove it by hand"));
        }

        if (context.Departure.Since is not { } since)
        {
            return new Hold(what, Until: "the generation without it is committed");
        }

        var due = since + context.DeletionGrace;
        return context.Now >= due ? null : new Hold(what, Until: string.Create(CultureInfo.InvariantCulture,
            $"{due:u}; a bundle that has the volume again keeps it"))
        {
            RecheckAfter = due - context.Now,
        };
    }

    private static UnitPlan<VolumeStep> Leave(VolumeState observed, string because, ImmutableArray<VolumeStep> then)
    {
        ImmutableArray<VolumeStep> steps = observed.Watching is null ? then : [new VolumeStep.Unwatch { Because = because }, .. then];
        return new(steps, [], steps.IsEmpty ? new UnitStatus.Ready() : new UnitStatus.Progressing("it left the bundle"));
    }

    public EquatableArray<string> Claims(Unit unit)
    {
        var spec = (VolumeSpec)unit.Spec;
        return [$"path:{spec.Path}", .. spec.Enforce == LimitKeeping.Image ? [$"path:{VolumeSpec.ImageOf(spec.Path)}"] : (string[])[], $"volume:{unit.Name}"];
    }

    private static IEnumerable<VolumeStep> Access(VolumeSpec spec, VolumeEntry.Directory directory, NodeOwner owner)
    {
        List<string> differences = [];
        if (directory.Mode != spec.Mode)
        {
            differences.Add($"its mode is {directory.Mode}, expected {spec.Mode}");
        }

        if ((owner.User is { } user && user != directory.User) || (owner.Group is { } group && group != directory.Group))
        {
            differences.Add($"it belongs to {directory.User}:{directory.Group}, expected {owner.User}:{owner.Group}");
        }

        return differences.Count == 0
            ? []
            : [new VolumeStep.SetAccess(spec.Path, spec.Mode, owner) { Because = string.Join("; ", differences) }];
    }

    private static IEnumerable<VolumeStep> WatchIfNeeded(VolumeSpec spec, VolumeState observed) =>
        observed.Watching == spec ? [] : [new VolumeStep.Watch(spec) { Because = "its limit and its retention are to be kept" }];

    private static IEnumerable<VolumeStep> Trim(VolumeSpec spec, VolumeUsage? usage, PlanContext context)
    {
        if (usage is null)
        {
            return [];
        }

        var (files, because) = VolumeTrimming.Choose(spec, usage, context.Now, context.ClockTrusted, SyncedFolders(spec, context.Desired));
        return files.IsEmpty ? [] : [new VolumeStep.RemoveFiles(spec.Path, files) { Because = because }];
    }

    /// <summary>Of folders that change as a whole, or as on other nodes, no single file goes: readers see whole trees, and others would lose it too.</summary>
    private static EquatableArray<string> SyncedFolders(VolumeSpec spec, Bundle bundle)
    {
        var names = bundle.Units.Where(u => u.Spec is VolumeSpec other && other.Path == spec.Path).Select(u => u.Name).ToHashSet(StringComparer.Ordinal);
        return bundle.Units.Select(u => u.Spec).OfType<SyncSpec>()
            .Where(sync => sync.Mode is SyncMode.Pull or SyncMode.Replicate && names.Contains(sync.Volume)).Select(sync => $"{sync.Folder}/").ToEquatableArray();
    }

    private static UnitStatus Status(VolumeSpec spec, VolumeUsage? usage) =>
        spec.OnFull == OnFull.Refuse && usage is not null && VolumeTrimming.WhyFull(spec, usage) is { } full
            ? new UnitStatus.Unhealthy($"it {full}; make room in {spec.Path}", FailureCause.Environment)
            : new UnitStatus.Ready();

    private static UnitPlan<VolumeStep> Refuse(ErrorCode code, string what, string fix) =>
        new([], [], new UnitStatus.Refused(new Problem(code, what, fix)));
}
