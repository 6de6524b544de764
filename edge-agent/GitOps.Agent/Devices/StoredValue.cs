using System.Text.Json.Serialization;
using GitOps.Bundles;
using GitOps.Bundles.Json;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Devices;

/// <summary>A value on disk: text beside its kind, so that <c>"1"</c> and <c>1</c> stay apart.</summary>
internal static class StoredValue
{
    public static ValueKind? KindOf(DeviceValue? value) => value switch
    {
        null => null,
        DeviceValue.Boolean => ValueKind.Bool,
        DeviceValue.Number => ValueKind.Number,
        _ => ValueKind.Text,
    };

    /// <summary>Null where either is missing or they do not fit.</summary>
    public static DeviceValue? Of(ValueKind? kind, string? text) => (kind, text) switch
    {
        (ValueKind.Bool, { } word) => new DeviceValue.Boolean(word == "true"),
        (ValueKind.Number, { } digits) when DecimalText.TryParse(digits, out var number) => new DeviceValue.Number(number),
        (ValueKind.Text, { } words) => new DeviceValue.Text(words),
        _ => null,
    };
}

[JsonConverter(typeof(WordConverter<ValueKind>))]
internal enum ValueKind
{
    Bool,
    Number,
    Text,
}
