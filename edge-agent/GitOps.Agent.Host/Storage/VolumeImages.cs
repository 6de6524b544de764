using System.Globalization;
using System.Text;
using GitOps.Agent.Host.Files;
using GitOps.Agent.Storage;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;
using GitOps.Platform.Processes;

namespace GitOps.Agent.Host.Storage;

/// <summary>
/// Makes, checks, mounts and grows the images of volumes, with the programs of e2fsprogs and util-linux. Whatever ends the agent or the
/// machine, an image is not there or whole: it is made under another name, and no file system is ever made in one that has its own.
/// </summary>
/// <param name="find">Finds a program as execvp does; null: there is none.</param>
/// <param name="free">Bytes left on the file system that holds a path.</param>
internal sealed class VolumeImages(IFileLayer host, PolicyRoots roots, ICommandRunner commands, Func<string, string?> find, Func<string, long> free)
{
    /// <summary>What an image leaves free on the disk it lies on.</summary>
    private const long ReserveBytes = 32L << 20;

    /// <summary>flock's exit code where another program works on the image for a minute.</summary>
    private const int LockedByOther = 75;

    private const UnixFileMode Parents = (UnixFileMode)0b111_101_101;
    private const UnixFileMode Closed = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>All inode tables are written now: a kernel thread that does it later would take the disk from programs.</summary>
    private static readonly TimeSpan LongDeadline = TimeSpan.FromHours(1);

    private readonly VolumeImageNeeds _needs = new(host, find);

    public VolumeImage Look(VolumeSpec spec)
    {
        var layer = roots.Beneath(spec.Path);
        var size = layer.Stat(VolumeSpec.ImageOf(spec.Path)) is { Kind: FileKind.File } file ? file.SizeBytes : (long?)null;
        if (size is null && spec.Enforce != LimitKeeping.Image)
        {
            return VolumeImage.None;
        }

        var mount = LookForMount(spec.Path);
        var isGrowing = size is not null && layer.Stat(Growing(spec.Path)) is not null;
        return new VolumeImage
        {
            FileBytes = size,
            IsGrowing = isGrowing,
            Mount = mount,
            Obstacle = mount is VolumeMount.Nothing ? _needs.WhyNot(spec.Path) : null,
            GrowthObstacle = isGrowing || size < spec.LimitBytes ? _needs.WhyNotGrow() : null,
        };
    }

    /// <summary>What was counted, and what the file system says of itself.</summary>
    public VolumeUsage Weigh(VolumeSpec spec, VolumeUsage counted)
    {
        try
        {
            counted = counted with { FreeBytes = spec.ReserveBytes is null ? null : free(spec.Path) };
            return LookForMount(spec.Path) is VolumeMount.Image && new DriveInfo(spec.Path) is var drive
                ? counted with { UsedBytes = drive.TotalSize - drive.TotalFreeSpace, CapacityBytes = drive.TotalSize }
                : counted;
        }
        catch (Exception e) when (e is FileLayerException or IOException or UnauthorizedAccessException)
        {
            return counted; // it went away meanwhile
        }
    }

    public async Task<Problem?> MakeAsync(string path, long bytes, CancellationToken cancellationToken)
    {
        var layer = roots.EnsureBeneath(path);
        var (image, made) = (VolumeSpec.ImageOf(path), $"{VolumeSpec.ImageOf(path)}.new");
        layer.EnsureDirectory(FilePath.Parent(path), Parents);
        layer.UnlinkIfThere(made); // an mkfs that a killed agent left works on a file that nobody names any more
        if (WhyNoRoom(path, bytes) is { } full)
        {
            return full;
        }

        layer.CreateFile(made, [], AtomicFile.Private);
        // Discarding would give back to the disk what fallocate took from it.
        string[] mkfs = ["mkfs.ext4", "-F", "-q", "-m", "0", "-E", "nodiscard,lazy_itable_init=0,lazy_journal_init=0", made];
        foreach (var command in (Command[])[Allocate(made, bytes), new(mkfs) { Deadline = LongDeadline }])
        {
            if (await RunAsync(path, command, cancellationToken) is { } refused)
            {
                layer.TryUnlink(made);
                return refused;
            }
        }

        layer.Flush(made);
        layer.Link(made, image); // and not a rename, which would put it in the place of one that came meanwhile
        layer.FlushDirectory(FilePath.Parent(path));
        layer.Unlink(made);
        return null;
    }

    public async Task<Problem?> MountAsync(string path, CancellationToken cancellationToken)
    {
        var image = VolumeSpec.ImageOf(path);
        // One program at a time works on an image, also one that a killed agent left: a check beside a mount would destroy it.
        var attached = await commands.RunAsync(Locked(image, ["losetup", "--noheadings", "--output", "NAME", "--associated", image]), cancellationToken);
        if (!attached.Succeeded)
        {
            return Failed(path, "losetup", attached);
        }

        if (LookForMount(path) is VolumeMount.Image)
        {
            return null; // by that program
        }

        if (attached.Output.Trim().Length == 0)
        {
            var check = await commands.RunAsync(Locked(image, ["e2fsck", "-p", image]), cancellationToken);
            var found = check.TimedOut || check.WasKilled ? ImageCheck.Unknown : ImageChecks.Of(check.ExitCode);
            if (found != ImageCheck.Good)
            {
                return found == ImageCheck.Unknown ? Failed(path, "e2fsck", check) : new Problem(VolumeCodes.ImageDamaged,
                    $"{image} did not pass its check: {Said(check)}", $"on the node, copy it, then 'e2fsck -f {image}' mends it and says what is lost; 'gitops-agent retry' goes on at once");
            }
        }

        var layer = roots.Beneath(path);
        layer.UnlinkIfThere($"{image}.new"); // the second name, where the machine stopped before it went
        // Whatever writes there while nothing is mounted is meant for the image: only root can.
        layer.SetOwner(path, new FileOwner(0, 0));
        layer.SetMode(path, Closed);
        if (await RunAsync(path, Locked(image, ["mount", "-t", "ext4", "-o", "loop,nosuid,nodev,errors=remount-ro", image, path]), cancellationToken) is { } refused)
        {
            return refused;
        }

        if (layer.Stat($"{path}/lost+found") is { Kind: FileKind.Directory } && layer.Enumerate($"{path}/lost+found").Count == 0)
        {
            layer.RemoveDirectory($"{path}/lost+found"); // databases want an empty directory; e2fsck makes it when it needs one
        }

        return null;
    }

    public async Task<Problem?> GrowAsync(string path, string device, long bytes, CancellationToken cancellationToken)
    {
        var layer = roots.Beneath(path);
        var image = VolumeSpec.ImageOf(path);
        var more = bytes - (layer.Stat(image)?.SizeBytes ?? bytes);
        if (WhyNoRoom(path, more) is { } full)
        {
            return full;
        }

        if (layer.Stat(Growing(path)) is null)
        {
            layer.CreateFile(Growing(path), [], AtomicFile.Private);
            layer.FlushDirectory(FilePath.Parent(path));
        }

        foreach (var command in (Command[])[Allocate(image, bytes), new(["losetup", "--set-capacity", device]), new(["resize2fs", device]) { Deadline = LongDeadline }])
        {
            if (await RunAsync(path, command, cancellationToken) is { } refused)
            {
                return refused;
            }
        }

        layer.Flush(image);
        layer.Unlink(Growing(path));
        layer.FlushDirectory(FilePath.Parent(path));
        return null;
    }

    public Task<Problem?> UnmountAsync(string path, CancellationToken cancellationToken) =>
        RunAsync(path, Locked(VolumeSpec.ImageOf(path), ["umount", path]), cancellationToken);

    public void Remove(string path)
    {
        var layer = roots.Beneath(path);
        layer.UnlinkIfThere(VolumeSpec.ImageOf(path));
        layer.UnlinkIfThere($"{VolumeSpec.ImageOf(path)}.new");
        layer.UnlinkIfThere(Growing(path));
        layer.FlushDirectory(FilePath.Parent(path));
    }

    private static string Growing(string path) => $"{VolumeSpec.ImageOf(path)}.growing";

    private VolumeMount LookForMount(string path)
    {
        if (Read("/proc/self/mountinfo") is not { } table || MountedAt.Find(table, path) is not { } mount)
        {
            return new VolumeMount.Nothing();
        }

        var backing = mount.Source.StartsWith("/dev/loop", StringComparison.Ordinal) ? Read($"/sys/block/{mount.Source[5..]}/loop/backing_file") : null;
        return backing?.TrimEnd('\n') == VolumeSpec.ImageOf(path) ? new VolumeMount.Image(mount.Source, mount.IsReadOnly) : new VolumeMount.Other(mount.Source);
    }

    private string? Read(string path) => host.Read(path, limitBytes: 16 << 20) is { } bytes ? Encoding.UTF8.GetString(bytes) : null;

    private Problem? WhyNoRoom(string path, long bytes)
    {
        var left = bytes <= 0 ? long.MaxValue : free(FilePath.Parent(path)) - ReserveBytes;
        return bytes <= left ? null : new Problem(VolumeCodes.NoRoomForImage,
            string.Create(CultureInfo.InvariantCulture, $"the image of {path} takes {bytes} bytes, and {Math.Max(left, 0)} are free"), "make room on the node's disk, or write a smaller size");
    }

    private static Command Allocate(string file, long bytes) =>
        new(["fallocate", "--length", bytes.ToString(CultureInfo.InvariantCulture), file]) { Deadline = LongDeadline };

    private static Command Locked(string image, IReadOnlyList<string> command) =>
        new(["flock", "--wait", "60", "--conflict-exit-code", LockedByOther.ToString(CultureInfo.InvariantCulture), image, .. command]) { Deadline = LongDeadline };

    private async Task<Problem?> RunAsync(string path, Command command, CancellationToken cancellationToken)
    {
        var result = await commands.RunAsync(command, cancellationToken);
        return result.Succeeded ? null : Failed(path, command.Arguments[0] == "flock" ? command.Arguments[6] : command.Arguments[0], result);
    }

    private static Problem Failed(string path, string program, CommandResult result) => new(VolumeCodes.Failed,
        $"{program} for {path}: {(result.TimedOut ? "it did not end in time" : Said(result))}", "'gitops-agent status' says when it is tried again; the same command on the node says more");

    private static string Said(CommandResult result) =>
        result.Error.Trim() is { Length: > 0 } error ? error.ReplaceLineEndings("; ")
        : result.Output.Trim() is { Length: > 0 } output ? output.ReplaceLineEndings("; ")
        : string.Create(CultureInfo.InvariantCulture, $"it ended with {result.ExitCode}");
}
