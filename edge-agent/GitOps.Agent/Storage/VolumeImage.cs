using GitOps.Bundles;

namespace GitOps.Agent.Storage;

/// <summary>The image of a volume as the driver sees it: a file that holds a file system, to be mounted at the volume's path.</summary>
public sealed record VolumeImage
{
    public static VolumeImage None { get; } = new();

    /// <summary>Null: there is none.</summary>
    public long? FileBytes { get; init; }

    /// <summary>It was being made larger, and nobody noted that this ended.</summary>
    public bool IsGrowing { get; init; }

    public VolumeMount Mount { get; init; } = new VolumeMount.Nothing();

    /// <summary>Why this node can neither make nor mount one; null when it can.</summary>
    public Problem? Obstacle { get; init; }

    /// <summary>Why this node cannot make one larger while it is in use; null when it can.</summary>
    public Problem? GrowthObstacle { get; init; }
}

/// <summary>What is mounted at a volume's path.</summary>
public abstract record VolumeMount
{
    private VolumeMount() { } // closed: every case is in this file

    public sealed record Nothing : VolumeMount;

    /// <summary>The volume's own image.</summary>
    /// <param name="Device">The loop device that stands for the file.</param>
    /// <param name="IsReadOnly">The kernel found its file system damaged, and lets nobody write.</param>
    public sealed record Image(string Device, bool IsReadOnly) : VolumeMount;

    public sealed record Other(string Source) : VolumeMount;
}
