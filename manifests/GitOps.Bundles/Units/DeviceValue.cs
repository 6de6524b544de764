using System.Text.Json;
using System.Text.Json.Serialization;

namespace GitOps.Bundles.Units;

/// <summary>
/// A value of a device property. On the wire a bool, an integer, or a string; a string holds text or a number that is not an
/// integer of at most 2^53, and the property's type says which (<see cref="As"/>).
/// </summary>
[JsonConverter(typeof(DeviceValueConverter))]
public abstract record DeviceValue
{
    private DeviceValue() { } // closed: every case is in this file

    public sealed record Boolean(bool Value) : DeviceValue
    {
        public override string ToString() => Value ? "true" : "false";
    }

    public sealed record Number(decimal Value) : DeviceValue
    {
        public override string ToString() => DecimalText.Format(Value);
    }

    public sealed record Text(string Value) : DeviceValue
    {
        public override string ToString() => Value;
    }

    /// <summary>This value as one of the type, or null where it is none: a text that is a decimal string becomes a number.</summary>
    public DeviceValue? As(DeviceValueType type) => (type, this) switch
    {
        (DeviceValueType.Bool, Boolean) => this,
        (DeviceValueType.Bool, _) => null,
        (DeviceValueType.String, Text) => this,
        (DeviceValueType.String, _) => null,
        (_, Text(var text)) when DecimalText.TryParse(text, out var number) => new Number(number).As(type),
        (DeviceValueType.Float32 or DeviceValueType.Float64, Number) => this,
        (_, Number(var number)) => decimal.IsInteger(number) ? this : null,
        _ => null,
    };
}

internal sealed class DeviceValueConverter : JsonConverter<DeviceValue>
{
    private const decimal LargestExact = 9_007_199_254_740_992; // 2^53, RFC 8785 appendix D

    public override DeviceValue Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType switch
        {
            JsonTokenType.True => new DeviceValue.Boolean(true),
            JsonTokenType.False => new DeviceValue.Boolean(false),
            JsonTokenType.Number when reader.TryGetInt64(out var integer) => new DeviceValue.Number(integer),
            JsonTokenType.String => new DeviceValue.Text(reader.GetString()!),
            _ => throw new JsonException("expected true, false, an integer or a string"),
        };

    public override void Write(Utf8JsonWriter writer, DeviceValue value, JsonSerializerOptions options)
    {
        switch (value)
        {
            case DeviceValue.Boolean(var boolean):
                writer.WriteBooleanValue(boolean);
                break;
            case DeviceValue.Number(var number) when decimal.IsInteger(number) && Math.Abs(number) <= LargestExact:
                writer.WriteNumberValue((long)number);
                break;
            case DeviceValue.Number(var number):
                writer.WriteStringValue(DecimalText.Format(number));
                break;
            case DeviceValue.Text(var text):
                writer.WriteStringValue(text);
                break;
        }
    }
}
