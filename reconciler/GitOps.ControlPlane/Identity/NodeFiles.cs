using System.Text.Json.Serialization;

namespace GitOps.ControlPlane.Identity;

/// <summary>The agent's configuration as <c>node add</c> writes it (docs/contracts.md §10).</summary>
internal sealed record AgentFile(int Format, string Fleet, string Node, string Server)
{
    /// <summary>Absent: the node polls.</summary>
    public string? Broker { get; init; }
}

/// <summary>What a node lets Git do (docs/contracts.md §10); edited on the node only.</summary>
internal sealed record PolicyFile(
    int Format, IReadOnlyList<string> Paths, IReadOnlyList<string> Users, IReadOnlyList<string> Exec, PolicyDevices Devices,
    PolicyContainers Containers)
{
    /// <summary>
    /// Narrow: files and volumes below two roots, programs of the system as the agent's own user, devices are read and not
    /// written, containers have what the engine gives any and nothing of the node. Whoever wants more says so on the machine.
    /// </summary>
    public static PolicyFile Restrictive { get; } = new(
        Format: 1,
        Paths: ["/srv", "/opt"],
        Users: [],
        Exec: ["/usr/bin", "/usr/local/bin", "/bin"],
        Devices: new PolicyDevices(Hosts: ["*"], Writable: []),
        Containers: new PolicyContainers(Images: ["*"], Users: ["*"]));
}

/// <summary>What is left out is denied.</summary>
internal sealed record PolicyContainers(IReadOnlyList<string> Images, IReadOnlyList<string> Users);

internal sealed record PolicyDevices(IReadOnlyList<string> Hosts, IReadOnlyList<string> Writable);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    WriteIndented = true)]
[JsonSerializable(typeof(AgentFile))]
[JsonSerializable(typeof(PolicyFile))]
internal sealed partial class NodeFilesJson : JsonSerializerContext;
