using System.Text.Json;
using System.Text.Json.Serialization;
using GitOps.Bundles;

namespace GitOps.Agent.Policy;

/// <summary>
/// What a bundle may ask of this node; <c>policy.json</c> of docs/contracts.md §10. Read from the node only, never from Git.
/// The empty policy allows nothing.
/// </summary>
/// <remarks>The reader sets what the file leaves out to null, whatever the declared value: so each member says once more what that means.</remarks>
public sealed record AgentPolicy
{
    public required int Format { get; init; }

    /// <summary>Roots below which files and volumes may lie.</summary>
    public IReadOnlyList<string> Paths { get; init => field = value ?? []; } = [];

    /// <summary>Users and groups a process or file may be given to; absent in a unit means the agent's own, always allowed.</summary>
    public IReadOnlyList<string> Users { get; init => field = value ?? []; } = [];

    /// <summary>Roots of executables outside a unit's own directory.</summary>
    public IReadOnlyList<string> Exec { get; init => field = value ?? []; } = [];

    public DevicePolicy Devices { get; init => field = value ?? new(); } = new();

    public ContainerPolicy Containers { get; init => field = value ?? new(); } = new();

    /// <summary>Whether Git may name the agent that runs here; it is so unless the file says no.</summary>
    [JsonPropertyName("agentUpdate")]
    public bool? AgentUpdateSaid { get; init; }

    [JsonIgnore]
    public bool AgentUpdate => AgentUpdateSaid ?? true;
}

/// <summary>What containers may have of this node; names with <c>*</c>. What is absent is denied.</summary>
public sealed record ContainerPolicy
{
    /// <summary>Repositories of images, without the digest.</summary>
    public IReadOnlyList<string> Images { get; init => field = value ?? []; } = [];

    /// <summary>Roots below which paths of the node may be mounted.</summary>
    public IReadOnlyList<string> HostPaths { get; init => field = value ?? []; } = [];

    /// <summary>Users and groups that a unit may name; the image's own is always allowed.</summary>
    public IReadOnlyList<string> Users { get; init => field = value ?? []; } = [];

    /// <summary>Those that may be added to what the engine gives any container.</summary>
    public IReadOnlyList<string> Capabilities { get; init => field = value ?? []; } = [];

    /// <summary>Paths of devices.</summary>
    public IReadOnlyList<string> Devices { get; init => field = value ?? []; } = [];

    public bool Privileged { get; init; }

    public bool HostNetwork { get; init; }

    public bool HostPid { get; init; }

    public bool SeccompUnconfined { get; init; }
}

public sealed record DevicePolicy
{
    /// <summary>Host names and addresses, with <c>*</c>.</summary>
    public IReadOnlyList<string> Hosts { get; init => field = value ?? []; } = [];

    /// <summary>Paths of serial ports, with <c>*</c>.</summary>
    public IReadOnlyList<string> Serial { get; init => field = value ?? []; } = [];

    /// <summary>Protocols whose devices may be given to a mapper on the node, with <c>*</c>: the mapper decides which addresses it speaks to.</summary>
    public IReadOnlyList<string> Mappers { get; init => field = value ?? []; } = [];

    /// <summary><c>device/property</c>, with <c>*</c>; a lone <c>*</c> is everything.</summary>
    public IReadOnlyList<string> Writable { get; init => field = value ?? []; } = [];
}

/// <summary>Reads <c>policy.json</c>.</summary>
public static class PolicyJson
{
    /// <returns>The policy, or what is wrong with the file. Comments are allowed, unknown members are not.</returns>
    public static (AgentPolicy? Policy, Problem? Problem) Read(ReadOnlySpan<byte> bytes, string where)
    {
        try
        {
            var policy = JsonSerializer.Deserialize(bytes, PolicyContext.Default.AgentPolicy);
            return policy is { Format: 1 }
                ? (policy, null)
                : (null, Wrong($"{where} has format {policy?.Format.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "null"}, this agent reads format 1"));
        }
        catch (JsonException e)
        {
            return (null, Wrong($"{where}: {e.Message}"));
        }
    }

    private static Problem Wrong(string what) => new(AgentCodes.Configuration, what,
        "correct the file on the node; docs/contracts.md §10 lists every member of policy.json");
}

[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Metadata,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    AllowDuplicateProperties = false,
    ReadCommentHandling = JsonCommentHandling.Skip,
    AllowTrailingCommas = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(AgentPolicy))]
internal sealed partial class PolicyContext : JsonSerializerContext;
