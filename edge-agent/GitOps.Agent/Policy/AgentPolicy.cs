using System.Text.Json;
using System.Text.Json.Serialization;
using GitOps.Bundles;

namespace GitOps.Agent.Policy;

/// <summary>
/// What a bundle may ask of this node; <c>policy.json</c> of docs/contracts.md §10. Read from the node only, never from Git.
/// The empty policy allows nothing.
/// </summary>
public sealed record AgentPolicy
{
    public required int Format { get; init; }

    /// <summary>Roots below which files and volumes may lie.</summary>
    public IReadOnlyList<string> Paths { get; init; } = [];

    /// <summary>Users and groups a process or file may be given to; absent in a unit means the agent's own, always allowed.</summary>
    public IReadOnlyList<string> Users { get; init; } = [];

    /// <summary>Roots of executables outside a unit's own directory.</summary>
    public IReadOnlyList<string> Exec { get; init; } = [];

    public DevicePolicy Devices { get; init; } = new();
}

public sealed record DevicePolicy
{
    /// <summary>Host names and addresses, with <c>*</c>.</summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary><c>device/property</c>, with <c>*</c>; a lone <c>*</c> is everything.</summary>
    public IReadOnlyList<string> Writable { get; init; } = [];
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
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    AllowDuplicateProperties = false,
    ReadCommentHandling = JsonCommentHandling.Skip,
    AllowTrailingCommas = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(AgentPolicy))]
internal sealed partial class PolicyContext : JsonSerializerContext;
