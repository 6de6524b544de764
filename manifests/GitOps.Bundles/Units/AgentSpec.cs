using System.Text.Json;
using System.Text.Json.Serialization;

namespace GitOps.Bundles.Units;

/// <summary>
/// The agent itself: which version runs on the node, and its executable. At most one per node, named
/// <see cref="SelfName"/>. A node brings itself to it before it looks at the other units, so this much is read by every
/// agent, whatever else is in the bundle.
/// </summary>
public sealed record AgentSpec : UnitSpec
{
    public const string SelfName = "self";

    public static UnitId Self { get; } = new(UnitKinds.Agent, SelfName);

    public required string Version { get; init; }

    /// <summary>Exactly one blob.</summary>
    public required EquatableArray<ContentPart> Executable { get; init; }

    [JsonIgnore]
    public ContentPart.Blob Blob => Executable is [ContentPart.Blob blob] ? blob : throw new JsonException("an agent's executable is exactly one blob");

    [JsonIgnore]
    public override string Kind => UnitKinds.Agent;
}
