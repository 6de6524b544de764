using System.Text.Json.Serialization;
using GitOps.Bundles.Json;

namespace GitOps.Bundles.Units;

/// <summary>
/// Containers that live together on one node: they share a network namespace, so they reach each other on 127.0.0.1 and by
/// every name in <see cref="HostAliases"/>. Pods and Compose files both become this.
/// </summary>
public sealed record ContainerGroupSpec
{
    /// <summary>Run one after the other, each to its end, before any of <see cref="Containers"/> starts.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public EquatableArray<ContainerSpec> Init { get; init; }

    /// <summary>Started in this order, as far as <see cref="ContainerSpec.DependsOn"/> does not make one wait.</summary>
    public required EquatableArray<ContainerSpec> Containers { get; init; }

    /// <summary>What containers mount; sorted by name.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public EquatableArray<GroupVolume> Volumes { get; init; }

    /// <summary>The name the containers see as their host's; absent: the unit's.</summary>
    public string? Hostname { get; init; }

    /// <summary>Sorted by address.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public EquatableArray<HostAlias> HostAliases { get; init; }

    /// <summary>The network of the node instead of one of its own.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool HostNetwork { get; init; }

    /// <summary>The processes of the node instead of its own.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool HostPid { get; init; }
}

/// <summary>Names for an address, in the hosts file of every container.</summary>
public sealed record HostAlias(string Address, EquatableArray<string> Names);

/// <summary>One container. What is not set is as its image says.</summary>
public sealed record ContainerSpec(string Name)
{
    /// <summary><c>repository@sha256:…</c>: what runs cannot change without a commit.</summary>
    public required string Image { get; init; }

    /// <summary>Instead of the entry point of the image.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public EquatableArray<string> Entrypoint { get; init; }

    /// <summary>Instead of the command of the image: the arguments of the entry point.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public EquatableArray<string> Command { get; init; }

    /// <summary>Sorted by name.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public EquatableArray<EnvironmentVariable> Env { get; init; }

    public string? WorkingDirectory { get; init; }

    /// <summary><c>user</c>, <c>uid</c>, <c>user:group</c> or <c>uid:gid</c>.</summary>
    public string? User { get; init; }

    /// <summary>Numeric groups besides the user's own.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public EquatableArray<int> Groups { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public EquatableArray<ContainerPort> Ports { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public EquatableArray<ContainerMount> Mounts { get; init; }

    public ResourceLimits? Resources { get; init; }

    public ContainerSecurity? Security { get; init; }

    public RestartPolicy Restart { get; init; } = RestartPolicy.Always;

    public RestartBackoff Backoff { get; init; } = new(1_000, 60_000);

    /// <summary>Absent: as the image says.</summary>
    public string? StopSignal { get; init; }

    /// <summary>From the stop signal to SIGKILL.</summary>
    public int StopGraceMs { get; init; } = 10_000;

    public LogBound Log { get; init; } = new(1024 * 1024, 3);

    /// <summary>Until it holds, the other two are not asked, and <see cref="Liveness"/> restarts nothing.</summary>
    public ContainerProbe? Startup { get; init; }

    /// <summary>When it fails, the container is restarted.</summary>
    public ContainerProbe? Liveness { get; init; }

    /// <summary>While it fails, the unit is not ready.</summary>
    public ContainerProbe? Readiness { get; init; }

    /// <summary>Sorted by container.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public EquatableArray<ContainerDependency> DependsOn { get; init; }

    /// <summary>Given to the container engine; sorted by key.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public EquatableArray<ContainerLabel> Labels { get; init; }
}

public sealed record ContainerLabel(string Key, string Value);

[JsonConverter(typeof(WordConverter<PortProtocol>))]
public enum PortProtocol
{
    [JsonStringEnumMemberName("tcp")]
    Tcp,

    [JsonStringEnumMemberName("udp")]
    Udp,
}

/// <summary>A port of the container; with <see cref="HostPort"/> one of the node's too, which is a claim.</summary>
public sealed record ContainerPort(int Port)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public PortProtocol Protocol { get; init; }

    public int? HostPort { get; init; }

    /// <summary>Absent: every address of the node.</summary>
    public string? HostAddress { get; init; }
}

/// <summary>Where a container sees a volume of its group.</summary>
public sealed record ContainerMount(string Volume, string Path)
{
    /// <summary>A file or folder of the volume instead of all of it; relative, without <c>..</c>.</summary>
    public string? SubPath { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool ReadOnly { get; init; }
}

/// <summary>Something to mount. Exactly one member besides the name is set.</summary>
public sealed record GroupVolume(string Name)
{
    /// <summary>An empty folder that goes with the group.</summary>
    public ScratchVolume? Scratch { get; init; }

    /// <summary>A path of the node; the node's policy says which may be used.</summary>
    public HostVolume? Host { get; init; }

    /// <summary>The unit <c>volume/NAME</c> of the same node; the group requires it.</summary>
    public string? Unit { get; init; }

    /// <summary>Files from the bundle.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public EquatableArray<UnitFile> Files { get; init; }
}

public sealed record ScratchVolume
{
    public long? LimitBytes { get; init; }

    /// <summary>In memory, and gone with the containers.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool InMemory { get; init; }
}

public sealed record HostVolume(string Path)
{
    public HostPathKind Kind { get; init; } = HostPathKind.Any;
}

/// <summary>What has to be at a path of the node before a container may mount it.</summary>
[JsonConverter(typeof(WordConverter<HostPathKind>))]
public enum HostPathKind
{
    [JsonStringEnumMemberName("any")]
    Any,

    [JsonStringEnumMemberName("directory")]
    Directory,

    [JsonStringEnumMemberName("directoryOrCreate")]
    DirectoryOrCreate,

    [JsonStringEnumMemberName("file")]
    File,

    [JsonStringEnumMemberName("socket")]
    Socket,

    [JsonStringEnumMemberName("characterDevice")]
    CharacterDevice,

    [JsonStringEnumMemberName("blockDevice")]
    BlockDevice,
}

/// <summary>What a container may do. Default: what the engine gives any container.</summary>
public sealed record ContainerSecurity
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Privileged { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool ReadOnlyRootFilesystem { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool NoNewPrivileges { get; init; }

    /// <summary>The image's user must not be root: the container is not started when it is.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool NonRoot { get; init; }

    /// <summary>Without the prefix <c>CAP_</c>, sorted; <c>ALL</c> is all of them.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public EquatableArray<string> AddCapabilities { get; init; }

    /// <summary>As <see cref="AddCapabilities"/>; dropping comes first.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public EquatableArray<string> DropCapabilities { get; init; }

    /// <summary>No filter on system calls, instead of the engine's own.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool SeccompUnconfined { get; init; }

    /// <summary>Devices of the node, as paths, sorted.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public EquatableArray<string> Devices { get; init; }
}

/// <summary>Asked inside of the container. Exactly one of the first three is set.</summary>
public sealed record ContainerProbe
{
    public ExecProbe? Exec { get; init; }

    public ContainerHttpProbe? Http { get; init; }

    /// <summary>A port that takes a TCP connection.</summary>
    public int? TcpPort { get; init; }

    public int InitialDelayMs { get; init; }

    public int PeriodMs { get; init; } = 10_000;

    public int TimeoutMs { get; init; } = 1_000;

    public int SuccessThreshold { get; init; } = 1;

    public int FailureThreshold { get; init; } = 3;
}

/// <summary>An HTTP GET to the group; an answer from 200 to 399 is a success.</summary>
public sealed record ContainerHttpProbe(int Port, string Path)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Https { get; init; }
}

[JsonConverter(typeof(WordConverter<ContainerCondition>))]
public enum ContainerCondition
{
    [JsonStringEnumMemberName("started")]
    Started,

    /// <summary>Its probes hold.</summary>
    [JsonStringEnumMemberName("healthy")]
    Healthy,

    /// <summary>It has ended with exit code 0.</summary>
    [JsonStringEnumMemberName("completed")]
    Completed,
}

/// <summary>A container of the group that has to come first.</summary>
public sealed record ContainerDependency(string Container, ContainerCondition Condition);
