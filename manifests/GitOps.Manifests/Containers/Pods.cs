using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Containers;

/// <summary>A Pod's spec as Kubernetes writes it, as far as a node can act on it.</summary>
internal sealed record PodSpec(
    EquatableArray<PodContainer> Containers,
    EquatableArray<PodContainer> InitContainers,
    EquatableArray<PodVolume> Volumes,
    RestartPolicy Restart,
    int GraceSeconds,
    bool HostNetwork,
    bool HostPid,
    string? Hostname,
    EquatableArray<HostAlias> HostAliases,
    PodSecurity Security);

internal sealed record PodContainer(
    string Name,
    Located Image,
    EquatableArray<string> Command,
    EquatableArray<string> Args,
    EquatableArray<PodEnv> Env,
    EquatableArray<PodEnvFrom> EnvFrom,
    string? WorkingDir,
    EquatableArray<PodPort> Ports,
    EquatableArray<PodMount> Mounts,
    ResourceLimits? Resources,
    PodProbe? Liveness,
    PodProbe? Readiness,
    PodProbe? Startup,
    ContainerSecuritySettings Security);

/// <summary>Exactly one of value and references.</summary>
internal sealed record PodEnv(string Name, Located? Value, KeyReference? ConfigMap, KeyReference? Secret);

internal sealed record PodEnvFrom(string Prefix, KeyReference? ConfigMap);

internal sealed record KeyReference(Located? Name, Located? Key, bool Optional);

internal sealed record PodPort(string? Name, Located Port, PortProtocol Protocol, int? HostPort, string? HostAddress);

internal sealed record PodMount(Located Volume, string Path, string? SubPath, bool ReadOnly);

/// <summary>The port is a number or the name of one of the container's ports.</summary>
internal sealed record PodProbe(
    EquatableArray<string> Exec, PodHttpGet? Http, Located? TcpPort, int InitialDelay, int Period, int Timeout, int Success, int Failure);

internal sealed record PodHttpGet(Located Port, string Path, bool Https);

internal sealed record PodSecurity(int? User, int? Group, bool NonRoot, EquatableArray<int> Groups, bool SeccompUnconfined);

/// <summary>What is null is as the Pod says.</summary>
internal sealed record ContainerSecuritySettings(
    int? User, int? Group, bool? NonRoot, bool Privileged, bool ReadOnlyRoot, bool? AllowEscalation,
    EquatableArray<string> Add, EquatableArray<string> Drop, bool? SeccompUnconfined);

internal sealed record PodVolume(
    Located Name, ScratchVolume? Scratch, HostVolume? Host, Located? Claim, PodVolumeItems? ConfigMap, PodVolumeItems? Secret);

internal sealed record PodVolumeItems(Located Name, EquatableArray<PodVolumeItem> Items, string Mode);

internal sealed record PodVolumeItem(Located Key, string Path, string? Mode);

/// <summary>A ConfigMap; its name for messages and its texts by key.</summary>
internal sealed record ConfigMap(
    string Name, IReadOnlyDictionary<string, string> Data, IReadOnlyDictionary<string, byte[]> Binary);

/// <summary>The one thing that runs: a Pod, or the template of a Deployment or DaemonSet.</summary>
internal sealed record PodTemplate(EquatableArray<ContainerLabel> Labels, PodSpec Spec, YamlNode Node);
