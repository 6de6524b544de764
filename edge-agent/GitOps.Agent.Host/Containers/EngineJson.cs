using System.Text.Json.Serialization;

namespace GitOps.Agent.Host.Containers;

// Members of the Docker Engine API that are read or written here; what else there is, is passed over.
internal sealed record EngineMessage(string? Message);

internal sealed record EngineVersion(string? Version, IReadOnlyList<EngineComponent>? Components);

internal sealed record EngineComponent(string? Name);

internal sealed record EngineInfo(string? Architecture, string? DockerRootDir, bool MemoryLimit, bool CpuCfsQuota, bool PidsLimit)
{
    public string? CgroupVersion { get; init; }

    /// <summary>Podman's word; Docker has it among the options.</summary>
    public bool? Rootless { get; init; }

    public IReadOnlyList<string>? SecurityOptions { get; init; }

    /// <summary>Without root an engine sets no limits with control groups of version 1, ignores them, and says all the same that it knows them.</summary>
    public bool KeepsLimits => CgroupVersion != "1" || !(Rootless == true || SecurityOptions?.Contains("name=rootless") == true);
}

internal sealed record ListedContainer(string Id, IReadOnlyDictionary<string, string>? Labels, long Created);

internal sealed record InspectedContainer(string Id, string? Created, InspectedState State, InspectedConfig Config);

internal sealed record InspectedState(string Status, bool Running, bool Paused, int Pid, int ExitCode)
{
    [JsonPropertyName("OOMKilled")]
    public bool OomKilled { get; init; }

    public string? StartedAt { get; init; }

    public string? FinishedAt { get; init; }

    public string? Error { get; init; }
}

internal sealed record InspectedConfig(IReadOnlyDictionary<string, string>? Labels);

internal sealed record InspectedImage(string Id, string? Architecture, long Size, ImageConfig? Config);

internal sealed record ImageConfig(string? User);

internal sealed record Created(string Id);

internal sealed record PullProgress(string? Status, string? Error);

internal sealed record ContainerRequest(string Image)
{
    public string? Hostname { get; init; }

    public string? User { get; init; }

    public IReadOnlyList<string>? Env { get; init; }

    public IReadOnlyList<string>? Entrypoint { get; init; }

    public IReadOnlyList<string>? Cmd { get; init; }

    public string? WorkingDir { get; init; }

    public string? StopSignal { get; init; }

    public IReadOnlyDictionary<string, Nothing>? ExposedPorts { get; init; }

    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    public required HostRequest HostConfig { get; init; }
}

internal sealed record HostRequest(string NetworkMode)
{
    public RestartRequest RestartPolicy { get; init; } = new("no"); // the agent restarts: nothing managed starts itself at boot

    public string? PidMode { get; init; }

    public IReadOnlyList<string>? ExtraHosts { get; init; }

    public IReadOnlyDictionary<string, IReadOnlyList<PortRequest>>? PortBindings { get; init; }

    public IReadOnlyList<MountRequest>? Mounts { get; init; }

    public LogRequest? LogConfig { get; init; }

    public long? NanoCpus { get; init; }

    public long? Memory { get; init; }

    public long? PidsLimit { get; init; }

    public bool Privileged { get; init; }

    public bool ReadonlyRootfs { get; init; }

    public IReadOnlyList<string>? SecurityOpt { get; init; }

    public IReadOnlyList<string>? CapAdd { get; init; }

    public IReadOnlyList<string>? CapDrop { get; init; }

    public IReadOnlyList<string>? GroupAdd { get; init; }

    public IReadOnlyList<DeviceRequest>? Devices { get; init; }
}

internal sealed record Nothing;

internal sealed record RestartRequest(string Name);

internal sealed record PortRequest(string HostIp, string HostPort);

internal sealed record MountRequest(string Type, string Source, string Target, bool ReadOnly);

internal sealed record LogRequest(string Type, IReadOnlyDictionary<string, string> Config);

internal sealed record DeviceRequest(string PathOnHost, string PathInContainer, string CgroupPermissions);

internal sealed record VolumeRequest(string Name, string Driver, IReadOnlyDictionary<string, string> DriverOpts, IReadOnlyDictionary<string, string> Labels);

internal sealed record Volume(string Name);

internal sealed record VolumeList(IReadOnlyList<Volume>? Volumes);

internal sealed record ExecRequest(IReadOnlyList<string> Cmd, bool AttachStdout, bool AttachStderr);

internal sealed record ExecStart(bool Detach, bool Tty);

internal sealed record InspectedExec(bool Running, int? ExitCode, int Pid);

internal sealed record RegistryAuth(
    [property: JsonPropertyName("username")] string Username,
    [property: JsonPropertyName("password")] string Password,
    [property: JsonPropertyName("serveraddress")] string ServerAddress);

[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, PropertyNameCaseInsensitive = true)]
[JsonSerializable(typeof(EngineMessage))]
[JsonSerializable(typeof(EngineVersion))]
[JsonSerializable(typeof(EngineInfo))]
[JsonSerializable(typeof(IReadOnlyList<ListedContainer>))]
[JsonSerializable(typeof(InspectedContainer))]
[JsonSerializable(typeof(InspectedImage))]
[JsonSerializable(typeof(Created))]
[JsonSerializable(typeof(PullProgress))]
[JsonSerializable(typeof(ContainerRequest))]
[JsonSerializable(typeof(VolumeRequest))]
[JsonSerializable(typeof(Volume))]
[JsonSerializable(typeof(VolumeList))]
[JsonSerializable(typeof(ExecRequest))]
[JsonSerializable(typeof(ExecStart))]
[JsonSerializable(typeof(InspectedExec))]
[JsonSerializable(typeof(RegistryAuth))]
[JsonSerializable(typeof(Dictionary<string, IReadOnlyList<string>>))]
internal sealed partial class EngineJson : JsonSerializerContext;
