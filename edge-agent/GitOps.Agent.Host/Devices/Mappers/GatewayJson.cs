using System.Buffers;
using System.Text.Json;
using GitOps.Agent.Devices;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Host.Devices.Mappers;

/// <summary>What the agent and the gateway say to each other (docs/mappers.md). Written by hand: four messages are cheaper so.</summary>
internal static class GatewayJson
{
    /// <param name="text">The text of a setting, secrets filled in; null: one is missing.</param>
    /// <returns>Null when a secret is missing.</returns>
    public static byte[]? Device(DeviceSpec spec, Func<MapperSetting, string?> text) => Write(json =>
    {
        var mapper = spec.Connection.Mapper!;
        json.WriteString("protocol", mapper.Protocol);
        var isWhole = Settings(json, "config", mapper.Config, text);
        json.WriteStartArray("properties");
        foreach (var property in spec.Properties)
        {
            json.WriteStartObject();
            json.WriteString("name", property.Name);
            json.WriteString("type", TypeOf(property.Type));
            Optional(json, "unit", property.Unit);
            Optional(json, "minimum", property.Minimum is { } minimum ? DecimalText.Format(minimum) : null);
            Optional(json, "maximum", property.Maximum is { } maximum ? DecimalText.Format(maximum) : null);
            if (CycleOf(spec, property) is { } cycle)
            {
                json.WriteNumber("cycleMs", (long)cycle.TotalMilliseconds);
            }

            isWhole &= Settings(json, "visitor", property.Visitor, text);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        return isWhole;
    });

    public static byte[] Order(string property, string value, TimeSpan timeout, bool confirm) => Write(json =>
    {
        json.WriteString("property", property);
        json.WriteString("value", value);
        json.WriteNumber("timeoutMs", (long)timeout.TotalMilliseconds);
        json.WriteBoolean("confirm", confirm);
        return true;
    })!;

    /// <summary>A mapper cannot be asked, so what is read only when needed is read now and then.</summary>
    public static TimeSpan? CycleOf(DeviceSpec spec, DeviceProperty property) =>
        PollSchedule.Period(spec, property) ?? (PollSchedule.IsNeeded(spec, property) ? PollSchedule.Default : null);

    private static string TypeOf(DeviceValueType type) => type switch
    {
        DeviceValueType.Bool => "BOOLEAN",
        DeviceValueType.String => "STRING",
        DeviceValueType.Float32 => "FLOAT",
        DeviceValueType.Float64 => "DOUBLE",
        _ => "INT",
    };

    private static bool Settings(Utf8JsonWriter json, string name, EquatableArray<MapperSetting> settings, Func<MapperSetting, string?> text)
    {
        var isWhole = true;
        json.WriteStartArray(name);
        foreach (var setting in settings)
        {
            json.WriteStartObject();
            json.WriteString("name", setting.Name);
            var value = text(setting);
            isWhole &= value is not null;
            json.WriteString("value", value ?? "");
            json.WriteString("type", setting.Type ?? "text");
            json.WriteEndObject();
        }

        json.WriteEndArray();
        return isWhole;
    }

    private static void Optional(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
        {
            json.WriteString(name, value);
        }
    }

    private static byte[]? Write(Func<Utf8JsonWriter, bool> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        var isWhole = write(json);
        json.WriteEndObject();
        json.Flush();
        return isWhole ? buffer.WrittenSpan.ToArray() : null;
    }
}
