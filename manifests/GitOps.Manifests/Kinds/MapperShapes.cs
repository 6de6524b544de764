using System.Diagnostics.CodeAnalysis;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Manifests.Shapes;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Kinds;

/// <summary>What a KubeEdge mapper is told: single values by name, because mappers drop whatever else they are sent.</summary>
internal static class MapperShapes
{
    private static readonly Shape<DeviceValue> Value = new ScalarShape<DeviceValue>(
        "mapper value", "a text, true, false, a whole number of 64 bits, or a decimal number of at most 7 digits",
        "mappers drop mappings and lists, and round decimal numbers: write each member as a value of its own where the mapper reads such, and a longer number in quotes",
        (YamlNode.Scalar scalar, [MaybeNullWhen(false)] out DeviceValue value) =>
        {
            value = scalar.IsPlain && PlainScalar.TryBool(scalar.Text, out var boolean)
                ? new DeviceValue.Boolean(boolean)
                : scalar.IsPlain && PlainScalar.TryNumber(scalar.Text, out var number) ? new DeviceValue.Number(number)
                : new DeviceValue.Text(scalar.Text);
            return value is not DeviceValue.Number(var given) ||
                   (decimal.IsInteger(given) ? given is >= long.MinValue and <= long.MaxValue : (decimal)(float)given == given);
        })
    { Says = ScalarForms.Anything };

    // What stands in a template is bound a second time, as the text that it gave: there is no value before.
    public static readonly Shape<EquatableArray<MapperSetting>> Settings = new MapShape<DeviceValue, MapperSetting>(
        "setting", Scalars.NonEmpty, Value, (name, value) => new(name, [new ContentPart.Text(value?.ToString() ?? "")])
        {
            Type = value switch
            {
                DeviceValue.Boolean => MapperTypes.Bool,
                DeviceValue.Number(var number) => decimal.IsInteger(number) ? MapperTypes.Integer : MapperTypes.Decimal,
                _ => null,
            },
        });

    public static readonly Shape<MapperConnection> Connection = new ObjectShape<MapperConnection>("mapper", m => new MapperConnection(
        m.Required("protocol", Scalars.NonEmpty, "the protocol that the mapper registers with, like opcua"))
    {
        Config = m.Default("config", Settings, [], "what the mapper is told of the device, as its documentation has it; `{{ secret \"name/key\" }}` may stand in a text"),
    });
}
