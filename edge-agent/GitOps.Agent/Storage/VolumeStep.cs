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
        _ => throw new UnreachableException($"unknown step {this}"),
    };

    private static string Text(NodeOwner owner) => owner is { User: null, Group: null } ? "" : $", owner {owner.User}:{owner.Group}";
}
