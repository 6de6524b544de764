using System.Diagnostics;
using GitOps.Agent.Planning;
using GitOps.Bundles.Units;

namespace GitOps.Agent.TimeSync;

/// <summary>One change to how the clock is kept. None of them sets the clock: chronyd does.</summary>
public abstract record ClockStep : IPlanStep
{
    private ClockStep() { } // closed: every case is in this file

    public required string Because { get; init; }

    /// <param name="KeepAs">Where the file that is there now is kept; null: it is ours, or there is none.</param>
    public sealed record WriteConfig(string Path, string Content, string? KeepAs) : ClockStep;

    public sealed record WriteSources(string Path, string Content) : ClockStep;

    /// <param name="Content">Null: they go.</param>
    public sealed record WriteAuthorities(string Path, string? Content) : ClockStep;

    public sealed record RestartChrony : ClockStep;

    public sealed record ReloadSources : ClockStep;

    /// <summary>Begins to measure.</summary>
    public sealed record Follow(ClockSpec Spec) : ClockStep;

    public sealed record Unfollow : ClockStep;

    /// <summary>Puts back what was there before; without <paramref name="KeptAs"/> there was nothing, and ours goes.</summary>
    public sealed record RestoreConfig(string Path, string? KeptAs) : ClockStep;

    public sealed record RemoveSources(string Path) : ClockStep;

    public sealed record StopChrony : ClockStep;

    public sealed record WritePtp(string Path, string Content) : ClockStep;

    public sealed record RestartPtp : ClockStep;

    /// <summary>Ends it, and its configuration goes.</summary>
    public sealed record StopPtp(string Path) : ClockStep;

    public string Describe() => this switch
    {
        WriteConfig(var path, _, { } keep) => $"write {path}, keep what is there as {keep}",
        WriteConfig(var path, _, _) => $"write {path}",
        WriteSources(var path, _) => $"write {path}",
        WriteAuthorities(var path, null) => $"remove {path}",
        WriteAuthorities(var path, _) => $"write {path}",
        RestartChrony => "restart chronyd",
        ReloadSources => "let chronyd reload its servers",
        Follow => "measure the clock",
        Unfollow => "stop measuring the clock",
        RestoreConfig(var path, { } kept) => $"put {kept} back as {path}",
        RestoreConfig(var path, _) => $"remove {path}",
        RemoveSources(var path) => $"remove {path}",
        StopChrony => "stop chronyd",
        WritePtp(var path, _) => $"write {path}",
        RestartPtp => "restart ptp4l",
        StopPtp => "stop ptp4l",
        _ => throw new UnreachableException($"unknown step {this}"),
    };
}
