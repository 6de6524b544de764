using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Manifests.Containers;

/// <summary>A Compose file, as far as a node can act on it.</summary>
internal sealed record ComposeFile(
    EquatableArray<NamedService> Services,
    EquatableArray<ComposeVolume> Volumes,
    EquatableArray<ComposeConfig> Configs,
    EquatableArray<ComposeSecret> Secrets);

internal sealed record NamedService(string Name, ComposeService Service);

internal sealed record ComposeService(
    Located Image,
    EquatableArray<string> Command,
    EquatableArray<string> Entrypoint,
    EquatableArray<ComposePair> Environment,
    EquatableArray<ComposePort> Ports,
    EquatableArray<ComposePort> Expose,
    EquatableArray<ComposeMount> Volumes,
    EquatableArray<string> Tmpfs,
    EquatableArray<ComposeDependency> DependsOn,
    ComposeHealth? Health,
    ComposeRestart Restart,
    string? StopSignal,
    TimeSpan StopGrace,
    string? User,
    EquatableArray<int> Groups,
    string? WorkingDirectory,
    ContainerSecurity Security,
    ResourceLimits Resources,
    LogBound Log,
    EquatableArray<ComposePair> Labels,
    EquatableArray<HostAlias> ExtraHosts,
    bool HostNetwork,
    bool HostPid,
    EquatableArray<ComposeGrant> Configs,
    EquatableArray<ComposeGrant> Secrets);

/// <summary>A variable or label; <paramref name="Value"/> is null when it is to be taken from somebody's environment.</summary>
internal sealed record ComposePair(string Key, SourceSpan Span, string? Value);

internal sealed record ComposePort(EquatableArray<ContainerPort> Ports, SourceSpan Span);

internal enum ComposeMountType
{
    Volume,
    Bind,
    Tmpfs,
}

internal sealed record ComposeMount(
    ComposeMountType Type, string? Source, SourceSpan Span, string Target, bool ReadOnly, string? SubPath, long? SizeBytes);

internal sealed record ComposeDependency(string Service, SourceSpan Span, ContainerCondition Condition);

internal sealed record ComposeHealth(
    EquatableArray<string> Test, TimeSpan Interval, TimeSpan Timeout, int Retries, TimeSpan StartPeriod, bool IsDisabled);

internal sealed record ComposeRestart(RestartPolicy Policy);

/// <summary>A config or secret that a service sees as a file.</summary>
internal sealed record ComposeGrant(Located Source, string? Target, string? Mode);

internal sealed record ComposeVolume(string Key, string? Name);

internal sealed record ComposeConfig(string Key, Located? File, string? Content);

internal sealed record ComposeSecret(string Key, string? Name);
