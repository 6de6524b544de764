using System.Diagnostics;
using GitOps.Agent.Planning;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Storage;

/// <summary>One change to a volume, or to how it is watched.</summary>
public abstract record VolumeStep : IPlanStep
{
    private VolumeStep() { } // closed: every case is in this file

    public required string Because { get; init; }

    /// <summary>Creates the directory, and those above it that are missing.</summary>
    public sealed record Create(string Path, string Mode, NodeOwner Owner) : VolumeStep;

    public sealed record SetAccess(string Path, string Mode, NodeOwner Owner) : VolumeStep;

    /// <summary>Begins to count what the volume holds.</summary>
    public sealed record Watch(VolumeSpec Spec) : VolumeStep;

    /// <summary>Removes files that are still as they were when they were chosen.</summary>
    public sealed record RemoveFiles(string Path, EquatableArray<VolumeFile> Files) : VolumeStep;

    /// <summary>Removes the directory and all it holds.</summary>
    public sealed record RemoveTree(string Path) : VolumeStep;

    public sealed record Unwatch : VolumeStep;

    /// <summary>Makes a file of that size beside the directory, with an empty file system; all its bytes are taken from the disk at once.</summary>
    public sealed record MakeImage(string Path, long SizeBytes) : VolumeStep;

    /// <summary>Checks the image's file system and mounts it at the directory.</summary>
    public sealed record MountImage(string Path) : VolumeStep;

    /// <summary>Makes the image and its file system larger while they are in use.</summary>
    public sealed record GrowImage(string Path, string Device, long SizeBytes) : VolumeStep;

    public sealed record UnmountImage(string Path) : VolumeStep;

    /// <summary>Removes the image and all it holds.</summary>
    public sealed record RemoveImage(string Path) : VolumeStep;

    public string Describe() => this switch
    {
        Create(var path, var mode, _) => $"create directory {path} ({mode})",
        SetAccess(var path, var mode, var owner) => $"set {path} to {mode}{Text(owner)}",
        Watch => "watch what it holds",
        RemoveFiles(var path, [var only]) => $"remove {path}/{only.Path} ({only.SizeBytes} bytes)",
        RemoveFiles(var path, var files) =>
            $"remove {files.Count} files ({files.Sum(f => f.SizeBytes)} bytes) of {path}, from {files[0].Path} to {files[^1].Path}",
        RemoveTree(var path) => $"remove {path} and all it holds",
        Unwatch => "stop watching it",
        MakeImage(var path, var bytes) => $"make the image {VolumeSpec.ImageOf(path)} ({bytes} bytes)",
        MountImage(var path) => $"mount {VolumeSpec.ImageOf(path)} at {path}",
        GrowImage(var path, _, var bytes) => $"grow {VolumeSpec.ImageOf(path)} to {bytes} bytes",
        UnmountImage(var path) => $"unmount {path}",
        RemoveImage(var path) => $"remove {VolumeSpec.ImageOf(path)} and all it holds",
        _ => throw new UnreachableException($"unknown step {this}"),
    };

    private static string Text(NodeOwner owner) => owner is { User: null, Group: null } ? "" : $", owner {owner.User}:{owner.Group}";
}
