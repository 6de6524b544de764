using System.Text.Json;
using System.Text.Json.Serialization;

namespace GitOps.Dmi.Control;

/// <summary>A device as the agent wants a mapper to have it: read only, until something is written.</summary>
internal sealed record DeviceConfig(string Protocol, Setting[] Config, PropertyConfig[] Properties);

/// <param name="Type">text, integer, decimal or bool.</param>
internal sealed record Setting(string Name, string Value, string Type);

/// <param name="Type">As mappers name it: INT, FLOAT, DOUBLE, STRING or BOOLEAN.</param>
internal sealed record PropertyConfig(string Name, string Type, Setting[] Visitor)
{
    public string? Unit { get; init; }

    public string? Minimum { get; init; }

    public string? Maximum { get; init; }

    /// <summary>How often the mapper asks the device; absent: it is never read.</summary>
    public long? CycleMs { get; init; }
}

/// <param name="Confirm">Whether the mapper is waited for to say that the device has it.</param>
internal sealed record WriteOrder(string Property, string Value, long TimeoutMs, bool Confirm);

/// <param name="Outcome">acknowledged, refused, notSent or lost.</param>
internal sealed record WriteResult(string Outcome, string? Why);

/// <param name="Run">Another one after each start: what was announced is to be announced again.</param>
/// <param name="Next">What to ask with the next time.</param>
internal sealed record News(string Run, long Next, DeviceNews[] Devices);

internal sealed record DeviceNews(string Name, TwinNews[] Twins)
{
    /// <summary>Why the device is in no mapper's hands.</summary>
    public string? Problem { get; init; }

    /// <summary>What the mapper says of it; absent: nothing.</summary>
    public string? State { get; init; }

    /// <summary>Since the mapper said anything of it; absent: it never did.</summary>
    public long? HeardMs { get; init; }
}

internal sealed record TwinNews(string Property, string Value, long AgeMs);

[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web, NumberHandling = JsonNumberHandling.Strict, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(DeviceConfig))]
[JsonSerializable(typeof(WriteOrder))]
[JsonSerializable(typeof(WriteResult))]
[JsonSerializable(typeof(News))]
[JsonSerializable(typeof(Devices.ToldDocument))]
internal sealed partial class ControlContext : JsonSerializerContext;
