using System.Globalization;
using System.Text;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Devices;

/// <summary>Tells versions of a desired value apart: a digest of everything Git says about it.</summary>
public static class DesiredVersion
{
    public static Digest Of(DesiredValue desired) => Digest.Of(Encoding.UTF8.GetBytes(string.Create(
        CultureInfo.InvariantCulture,
        $"1\n{Typed(desired.Value)}\n{desired.Apply}\n{Typed(desired.Tolerance)}\n{desired.ValidForMs}\n{desired.WriteWhen?.Property}\n" +
        $"{Typed(desired.WriteWhen?.EqualTo)}\n{desired.OnRollback?.Action}\n{Typed(desired.OnRollback?.Value)}")));

    /// <summary>One line whatever the text holds.</summary>
    private static string Typed(DeviceValue? value) => value switch
    {
        null => "",
        DeviceValue.Text(var text) => $"t{Convert.ToHexString(Encoding.UTF8.GetBytes(text))}",
        DeviceValue.Number => $"n{value}",
        _ => $"b{value}",
    };

    private static string Typed(decimal? number) => number is { } value ? DecimalText.Format(value) : "";
}
