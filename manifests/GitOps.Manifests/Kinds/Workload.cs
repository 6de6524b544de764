using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Manifests.Targeting;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Kinds;

/// <summary>
/// Something that runs on the nodes it is placed on: exactly one of <paramref name="Process"/>, <paramref name="Pod"/> and
/// <paramref name="Compose"/>.
/// </summary>
public sealed record WorkloadSpec(
    Placement Placement,
    EquatableArray<Requirement> Requires,
    ProcessSpec? Process,
    PodSource? Pod,
    ComposeSource? Compose,
    EquatableArray<Probe> Probes,
    string? MovedFrom)
{
    public DriftPolicy Drift { get; init; }

    public Suspension? Suspend { get; init; }
}

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
    EquatableArray<int> Ports)
{
    public ResourceLimits? Resources { get; init; }
}

/// <summary>A file in the unit's own directory. <paramref name="Mode"/> is octal, four digits.</summary>
public sealed record ProcessFile(string Name, ContentSource Content, string Mode);

/// <summary>One environment variable.</summary>
public sealed record EnvEntry(string Name, string Value);

/// <summary>Kubernetes objects, in files of the repository and in the manifest itself; at least one.</summary>
public sealed record PodSource(EquatableArray<ContentSource.Source> Sources, EquatableArray<YamlNode> Objects);

/// <summary>
/// A Compose file: exactly one of <paramref name="Source"/> and <paramref name="Inline"/>. <paramref name="Variables"/>
/// are all that <c>${NAME}</c> may stand for.
/// </summary>
public sealed record ComposeSource(ContentSource.Source? Source, YamlNode? Inline, EquatableArray<EnvEntry> Variables);
