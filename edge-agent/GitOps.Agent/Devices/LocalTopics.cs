using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Devices;

/// <summary>
/// What local applications are told about devices on the node's own broker: the topics and payloads of docs/devices.md. Names of
/// devices and properties hold no character that means anything in a topic.
/// </summary>
public static class LocalTopics
{
    /// <summary>Retained while the agent publishes; taken away when it does not.</summary>
    public const string Agent = "gitops/v1/agent";

    private const string Root = "gitops/v1/devices";

    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string State(string device) => $"{Root}/{device}/state";

    public static string Value(string device, string property) => $"{Root}/{device}/values/{property}";

    public static string Alarm(string device, string alarm) => $"{Root}/{device}/alarms/{alarm}";

    /// <summary>Every message that says how a device is.</summary>
    /// <param name="told">What of a reading is told; null: nothing yet.</param>
    /// <param name="now">The wall clock, at <see cref="DeviceState.Now"/>.</param>
    public static IEnumerable<(string Topic, byte[] Payload)> Messages(string device, DeviceSpec spec, DeviceState state,
        Func<DeviceProperty, Reading, ToldValue?> told, DateTimeOffset now)
    {
        yield return (State(device), StateOf(state.Link));
        foreach (var property in spec.Properties.Where(property => DeviceEndpoint.IsReadable(spec, property)))
        {
            var seen = state.Of(property.Name);
            var value = seen.Reading is { } reading ? told(property, reading) : null;
            if (value is not null || seen.Fault is not null)
            {
                yield return (Value(device, property.Name), ValueOf(spec, property, seen, state, value, now));
            }
        }

        foreach (var alarm in spec.Alarms)
        {
            yield return (Alarm(device, alarm.Name), AlarmOf(alarm, state.AlarmOf(alarm.Name), state, now));
        }
    }

    /// <summary>Every topic that a device may have had.</summary>
    public static IEnumerable<string> Topics(string device, DeviceSpec spec) =>
        spec.Properties.Select(property => Value(device, property.Name)).Prepend(State(device))
            .Concat(spec.Alarms.Select(alarm => Alarm(device, alarm.Name)));

    private static byte[] StateOf(DeviceLink link) => Json(writer =>
    {
        writer.WriteBoolean("online", link is DeviceLink.Online);
        if (link is DeviceLink.Away(var why))
        {
            writer.WriteString("message", why);
        }
    });

    private static byte[] ValueOf(DeviceSpec spec, DeviceProperty property, PropertyState seen, DeviceState state, ToldValue? told, DateTimeOffset now) => Json(writer =>
    {
        if (told is not null)
        {
            Write(writer, told.Value);
        }

        if (told?.Interval is { } interval)
        {
            writer.WriteNumber("min", interval.Minimum);
            writer.WriteNumber("max", interval.Maximum);
            writer.WriteNumber("mean", interval.Mean);
            writer.WriteNumber("count", interval.Count);
        }

        writer.WriteString("quality", DeviceReporting.Quality(spec, property, seen, state) switch
        {
            ValueQuality.Good => "good",
            ValueQuality.Stale => "stale",
            _ => "bad",
        });
        if (told is not null)
        {
            writer.WriteString("time", Time(told.At, state, now));
        }

        if (property.Unit is { } unit)
        {
            writer.WriteString("unit", unit);
        }

        if (seen.Fault is { } fault)
        {
            writer.WriteString("message", fault.Why);
        }
    });

    private static byte[] AlarmOf(AlarmRule rule, AlarmState alarm, DeviceState state, DateTimeOffset now) => Json(writer =>
    {
        writer.WriteBoolean("active", alarm.IsActive);
        writer.WriteString("severity", rule.Severity == AlarmSeverity.Critical ? "critical" : "warning");
        if (alarm.ChangedAt is { } at)
        {
            writer.WriteString("since", Time(at, state, now));
        }

        if (alarm.Value is { } value)
        {
            Write(writer, value);
        }
    });

    private static string Time(TimeSpan at, DeviceState state, DateTimeOffset now) =>
        (now - (state.Now - at)).UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);

    private static void Write(Utf8JsonWriter writer, DeviceValue value)
    {
        switch (value)
        {
            case DeviceValue.Number(var number):
                writer.WriteNumber("value", number);
                break;
            case DeviceValue.Boolean(var boolean):
                writer.WriteBoolean("value", boolean);
                break;
            case DeviceValue.Text(var text):
                writer.WriteString("value", text);
                break;
            default:
                throw new UnreachableException($"unknown value {value}");
        }
    }

    private static byte[] Json(Action<Utf8JsonWriter> members)
    {
        var buffer = new ArrayBufferWriter<byte>(128);
        using (var writer = new Utf8JsonWriter(buffer, Plain))
        {
            writer.WriteStartObject();
            members(writer);
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}
