using System.Text.Json.Serialization;

namespace GitOps.Bundles.Units;

/// <summary>What the core-metadata of an EdgeX is to hold for this node: device profiles, devices and provision watchers.</summary>
public sealed record EdgeXSpec : UnitSpec
{
    /// <summary>core-metadata, <c>http://127.0.0.1:59881</c>.</summary>
    public required string Url { get; init; }

    /// <summary>The broker of its message bus, where changes are told at once; absent: they are found by looking.</summary>
    public string? Bus { get; init; }

    /// <summary>Who that broker knows the agent as.</summary>
    public string? BusUser { get; init; }

    /// <summary>Of <see cref="BusUser"/>, one hole for a secret.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public EquatableArray<ContentPart> BusPassword { get; init; }

    /// <summary>Certificates in PEM, of the broker too, instead of those the machine trusts.</summary>
    [JsonPropertyName("ca")]
    public string? Authority { get; init; }

    /// <summary>Sent with every request; sorted by name.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public EquatableArray<HttpHeader> Headers { get; init; }

    /// <summary>Takes over what is there under a name and carries no mark.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Adopt { get; init; }

    /// <summary>What becomes of all of it when the unit leaves.</summary>
    public DeletionPolicy DeletionPolicy { get; init; } = DeletionPolicy.Delete;

    /// <summary><c>{"devices": […], "profiles": […], "watchers": […]}</c>, each as EdgeX itself has it, sorted by name.</summary>
    public required EquatableArray<ContentPart> Objects { get; init; }

    /// <summary>
    /// What the device service writes of devices that the agent could speak with too, each as <see cref="ModbusUnit"/> has it:
    /// <c>modbus-tcp 10.0.0.5:502 unit 1 holding 12</c>. Sorted. Whoever had them lets go first, and whoever is to have them waits.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public EquatableArray<string> Writes { get; init; }

    [JsonIgnore]
    public override string Kind => UnitKinds.EdgeX;
}
