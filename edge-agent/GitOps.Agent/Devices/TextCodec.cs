using System.Globalization;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Devices;

/// <summary>
/// Values as plain text, as MQTT devices publish them: <c>true</c>, <c>on</c> or <c>1</c> for a bool, a number with a
/// point, any text for a string. What is written is <c>true</c> or <c>false</c>, or the number in its shortest form.
/// </summary>
public static class TextCodec
{
    /// <summary>A longer message is no value.</summary>
    public const int MaxChars = 4_096;

    public static Decoded Decode(DeviceProperty property, string text)
    {
        if (text.Length > MaxChars)
        {
            return new Decoded.Bad($"the device sends {text.Length} characters, at most {MaxChars} are read");
        }

        if (property.Type == DeviceValueType.String)
        {
            return new Decoded.Value(new DeviceValue.Text(text));
        }

        var word = text.Trim();
        if (property.Type == DeviceValueType.Bool)
        {
            return word.ToLowerInvariant() switch
            {
                "true" or "on" or "1" => new Decoded.Value(new DeviceValue.Boolean(true)),
                "false" or "off" or "0" => new Decoded.Value(new DeviceValue.Boolean(false)),
                _ => new Decoded.Bad($"the device sends '{Shorten(word)}', expected true or false"),
            };
        }

        return decimal.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out var raw) &&
               Scaling.FromRaw(property, raw) is { } number
            ? new Decoded.Value(new DeviceValue.Number(number))
            : new Decoded.Bad($"the device sends '{Shorten(word)}', expected a number");
    }

    public static Encoded Encode(DeviceProperty property, DeviceValue value) => (property.Type, value) switch
    {
        (DeviceValueType.String, DeviceValue.Text(var text)) => new Encoded.Text(text),
        (DeviceValueType.Bool, DeviceValue.Boolean) => new Encoded.Text(value.ToString()!),
        (DeviceValueType.String or DeviceValueType.Bool, _) => new Encoded.Refused($"{value} is no {property.Type}"),
        (var type, DeviceValue.Number(var number)) when Scaling.ToRaw(property, number) is { } raw => new Encoded.Text(
            DecimalText.Format(type is DeviceValueType.Float32 or DeviceValueType.Float64
                ? raw
                : Math.Round(raw, MidpointRounding.AwayFromZero))),
        _ => new Encoded.Refused($"{value} is no {property.Type}"),
    };

    private static string Shorten(string text) => text.Length <= 40 ? text : text[..40] + "…";
}
