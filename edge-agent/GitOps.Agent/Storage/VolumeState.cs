using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Storage;

/// <summary>A volume as the driver sees it.</summary>
public sealed record VolumeState(VolumeEntry Entry)
{
    /// <summary>Owner and group the specification names, as numbers.</summary>
    public NodeOwner? Owner { get; init; }

    /// <summary>An account the specification names that this machine does not have.</summary>
    public string? UnknownAccount { get; init; }

    public VolumeImage Image { get; init; } = VolumeImage.None;

    /// <summary>What the driver watches by; null while it does not watch.</summary>
    public VolumeSpec? Watching { get; init; }

    /// <summary>As of the last whole scan; null before the first.</summary>
    public VolumeUsage? Usage { get; init; }
}

/// <summary>Numeric user and group; null leaves one as it is.</summary>
public readonly record struct NodeOwner(uint? User, uint? Group);

/// <summary>What stands at the volume's path, without following a link.</summary>
public abstract record VolumeEntry
{
    private VolumeEntry() { } // closed: every case is in this file

    public sealed record Missing : VolumeEntry;

    /// <param name="Mode">Octal, four digits.</param>
    public sealed record Directory(string Mode, uint User, uint Group, bool IsEmpty) : VolumeEntry;

    public sealed record SomethingElse(string What) : VolumeEntry;

    /// <summary>It could not be looked at.</summary>
    public sealed record Unknown(string Why) : VolumeEntry;
}

/// <summary>What a scan found: regular files only, each counted once whatever its number of names.</summary>
/// <param name="Oldest">The oldest files, oldest first, up to <see cref="OldestFiles.Limit"/>.</param>
public sealed record VolumeUsage(long UsedBytes, long Files, EquatableArray<VolumeFile> Oldest)
{
    /// <summary>
    /// What the file system of its image can hold; null for a plain directory. Then <see cref="UsedBytes"/> is what the file
    /// system says is used, whole blocks and directories with it.
    /// </summary>
    public long? CapacityBytes { get; init; }

    /// <summary>What is free on the file system it lies on; null while that is not known.</summary>
    public long? FreeBytes { get; init; }

    /// <summary>
    /// What is left until the next scan when files are gone. What they held counts as free: a reserve that is still short by then
    /// would ask for as much again each time it is looked at.
    /// </summary>
    public VolumeUsage Without(IReadOnlyCollection<VolumeFile> removed)
    {
        var bytes = removed.Sum(f => f.SizeBytes);
        return this with
        {
            UsedBytes = UsedBytes - bytes,
            Files = Files - removed.Count,
            Oldest = Oldest.Except(removed).ToEquatableArray(),
            FreeBytes = FreeBytes + bytes,
        };
    }
}

/// <summary>A file of a volume; the path is relative to it. Inode and time tell whether it is still the same when it is to go.</summary>
public sealed record VolumeFile(string Path, long SizeBytes, DateTimeOffset ModifiedAt, ulong Inode);
