using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Manifests.Targeting;

namespace GitOps.Manifests.Kinds;

/// <summary>Something that runs on the nodes it is placed on.</summary>
public sealed record WorkloadSpec(
    Placement Placement,
    EquatableArray<Requirement> Requires,
    ProcessSpec Process,
    EquatableArray<Probe> Probes,
    string? MovedFrom);

/// <summary>An executable the agent supervises. <paramref name="Env"/> is sorted by name.</summary>
public sealed record ProcessSpec(
    EquatableArray<string> Command,
    EquatableArray<ProcessFile> Files,
    EquatableArray<EnvEntry> Env,
    string? WorkingDirectory,
    string? User,
    RestartPolicy Restart,
    RestartBackoff Backoff,
    string StopSignal,
    TimeSpan StopGrace,
    LogBound Log,
    EquatableArray<int> Ports);

/// <summary>A file in the unit's own directory. <paramref name="Mode"/> is octal, four digits.</summary>
public sealed record ProcessFile(string Name, ContentSource Content, string Mode);

/// <summary>One environment variable.</summary>
public sealed record EnvEntry(string Name, string Value);
