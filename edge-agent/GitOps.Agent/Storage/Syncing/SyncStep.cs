using System.Diagnostics;
using GitOps.Agent.Links;
using GitOps.Agent.Planning;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Storage.Syncing;

/// <summary>Everything a sync is carried out by.</summary>
/// <param name="VolumePath">Of the volume it names.</param>
/// <param name="VolumeLimit">Of that volume, in bytes; null when it has none.</param>
/// <param name="Link">What the site says of the link; null when it says nothing.</param>
public sealed record SyncJob(SyncSpec Spec, string VolumePath, long? VolumeLimit, LinkPolicy? Link)
{
    /// <summary>What every new tree leaves free, wherever it is.</summary>
    private const long LeastReserveBytes = 32L << 20;

    /// <summary>What the volume wants to stay free on its disk.</summary>
    public long? VolumeReserve { get; init; }

    /// <summary>What a new tree leaves free on the disk, in bytes.</summary>
    public long ReserveBytes => Math.Max(VolumeReserve ?? 0, LeastReserveBytes);

    /// <summary>What is kept the same as the remote.</summary>
    public string Folder => Spec.Folder is { } folder ? $"{VolumePath}/{folder}" : VolumePath;
}

/// <summary>One change to how a sync is followed.</summary>
public abstract record SyncStep : IPlanStep
{
    private SyncStep() { } // closed: every case is in this file

    public required string Because { get; init; }

    /// <summary>Runs it by its schedule from now on.</summary>
    public sealed record Follow(SyncJob Job) : SyncStep;

    /// <summary>Ends a run that is under way, and begins no more.</summary>
    public sealed record Unfollow : SyncStep;

    /// <summary>Removes what was noted of it, and what it was bringing; what readers see stays.</summary>
    /// <param name="VolumePath">Null when its volume is not on the node any more.</param>
    public sealed record Forget(string? VolumePath) : SyncStep;

    public string Describe() => this switch
    {
        Follow({ Spec: { Mode: SyncMode.Pull } spec } job) => $"bring {SyncText.Of(spec.Remote)} into {job.Folder}",
        Follow({ Spec.Mode: SyncMode.Backup } job) => $"back up {job.Folder} to {SyncText.Of(job.Spec.Remote)}",
        Follow({ Spec.Mode: SyncMode.Replicate } job) => $"keep {job.Folder} as it is on {SyncText.Of(job.Spec.Remote)}",
        Follow(var job) => $"send {job.Folder} to {SyncText.Of(job.Spec.Remote)}",
        Unfollow => "stop syncing it",
        Forget => "forget it; what was synced stays on both sides",
        _ => throw new UnreachableException($"unknown step {this}"),
    };
}

/// <summary>A sync as the driver sees it.</summary>
/// <param name="Following">Null while it is not followed.</param>
/// <param name="IsKnown">Something is noted of it.</param>
/// <param name="HasTree">A run has reached its end, whole; of a backup: this machine goes on with what is kept.</param>
/// <param name="Message">What it waits for, or why it fails.</param>
public sealed record SyncState(SyncJob? Following, bool IsKnown, bool HasTree, string? Message);

/// <summary>Syncs in words.</summary>
public static class SyncText
{
    /// <summary>Where a remote is, without anything that is secret.</summary>
    public static string Of(SyncRemote remote) => remote.Kind switch
    {
        RemoteKind.Local => remote.Path ?? "/",
        RemoteKind.S3 => $"s3://{remote.Bucket}/{remote.Path}{(remote.Url is { } url ? $" at {url}" : "")}",
        RemoteKind.Sftp => $"sftp://{remote.User}@{remote.Host}/{remote.Path}",
        RemoteKind.WebDav => remote.Url ?? "",
        RemoteKind.Nodes => string.Join(", ", remote.Nodes!.Peers.Select(peer => peer.Node)),
        _ => throw new UnreachableException($"unknown remote {remote.Kind}"),
    };
}
