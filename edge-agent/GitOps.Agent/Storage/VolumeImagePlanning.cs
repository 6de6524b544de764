using System.Collections.Immutable;
using GitOps.Agent.Planning;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Storage;

/// <summary>
/// What a volume that is an image needs besides what every directory needs. An image is never made smaller: ext4 cannot shrink in
/// use, and a power cut while it shrinks would destroy it. Nor is it given up while it is there: what lies in it stays in it, also
/// when Git only wants the limit watched from now on, or goes back to a generation that did.
/// </summary>
internal static class VolumeImagePlanning
{
    /// <summary>The whole plan while the image is not mounted, or cannot be.</summary>
    /// <returns>Null: what is at the path is planned like any directory.</returns>
    public static UnitPlan<VolumeStep>? Plan(Unit desired, bool isOwn, VolumeState observed, NodeOwner owner)
    {
        var spec = (VolumeSpec)desired.Spec;
        var isWanted = spec.Enforce == LimitKeeping.Image;
        var isEmpty = observed.Entry is not VolumeEntry.Directory { IsEmpty: false };
        switch (observed.Image)
        {
            case { FileBytes: null } when !isWanted:
                return null;
            case { Mount: VolumeMount.Image { IsReadOnly: true } }:
                return new([], [], new UnitStatus.Unhealthy(
                    $"the file system of {VolumeSpec.ImageOf(spec.Path)} is damaged, and the kernel lets nobody write; stop what uses it, then 'umount {spec.Path}': it is checked when it is mounted again",
                    FailureCause.Environment));
            case { Mount: VolumeMount.Image }:
                return null;
            case { Mount: VolumeMount.Other(var source) }:
                return isWanted ? Refuse(VolumeCodes.ImageInTheWay, $"{desired.Id} is to be an image, and {source} is mounted at {spec.Path}",
                    "unmount it, or write 'enforce: watch'") : null;
            case { FileBytes: not null } when !isOwn:
                return Refuse(VolumeCodes.NotOurs, $"{desired.Id} wants {spec.Path}, and there is the image {VolumeSpec.ImageOf(spec.Path)} already",
                    "set adopt: true to take it over with all it holds, or give the volume another path");
            case { FileBytes: null } when !isEmpty:
                return !isOwn ? null : Refuse(VolumeCodes.ImageInTheWay, $"{desired.Id} is to be an image, and the directory {spec.Path} holds something",
                    $"stop what uses it, move what it holds aside ('mv {spec.Path} {spec.Path}.before'), and copy it back when the image is mounted");
            case { Obstacle: { } obstacle }:
                return new([], [], new UnitStatus.Refused(obstacle with { What = $"{desired.Id} is an image: {obstacle.What}" }));
        }

        List<VolumeStep> steps = [];
        if (observed.Image.FileBytes is null)
        {
            steps.Add(new VolumeStep.MakeImage(spec.Path, spec.LimitBytes ?? 0) { Because = "there is no image yet" });
        }

        if (observed.Entry is VolumeEntry.Missing)
        {
            steps.Add(new VolumeStep.Create(spec.Path, "0700", default) { Because = "the image is to be mounted there" });
        }

        steps.Add(new VolumeStep.MountImage(spec.Path) { Because = "its image is not mounted" });
        if (observed.Image.FileBytes is null)
        {
            steps.Add(new VolumeStep.SetAccess(spec.Path, spec.Mode, owner) { Because = "a new file system belongs to root" });
        }

        return new([.. steps], [], new UnitStatus.Progressing(observed.Image.FileBytes is null ? "its image is made" : "its image is mounted"));
    }

    /// <summary>Makes it as large as the limit. Smaller it never gets; then the limit is watched.</summary>
    /// <returns>Or why that cannot be done here.</returns>
    public static (ImmutableArray<VolumeStep> Steps, Problem? Problem) Grow(Unit desired, VolumeImage image)
    {
        var spec = (VolumeSpec)desired.Spec;
        if (image is not { Mount: VolumeMount.Image(var device, _), FileBytes: { } now } || (spec.Enforce != LimitKeeping.Image && !image.IsGrowing))
        {
            return ([], null);
        }

        var target = Math.Max(now, spec.LimitBytes ?? 0);
        return target == now && !image.IsGrowing ? ([], null)
            : image.GrowthObstacle is { } obstacle ? ([], obstacle with { What = $"{desired.Id} is to have {target} bytes: {obstacle.What}" })
            : ([new VolumeStep.GrowImage(spec.Path, device, target)
            {
                Because = target == now ? "it was being made larger, and that did not end" : $"it has {now} bytes, the limit is {target}",
            }], null);
    }

    /// <summary>What goes before the directory of a volume whose contents are to be deleted.</summary>
    public static IEnumerable<VolumeStep> Remove(VolumeSpec spec, VolumeImage image, string because)
    {
        if (image.Mount is VolumeMount.Image)
        {
            yield return new VolumeStep.UnmountImage(spec.Path) { Because = because };
        }

        if (image.FileBytes is not null)
        {
            yield return new VolumeStep.RemoveImage(spec.Path) { Because = because };
        }
    }

    private static UnitPlan<VolumeStep> Refuse(ErrorCode code, string what, string fix) => new([], [], new UnitStatus.Refused(new Problem(code, what, fix)));
}
