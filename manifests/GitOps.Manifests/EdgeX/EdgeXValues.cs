using System.Globalization;
using GitOps.Manifests.Foreign;

namespace GitOps.Manifests.EdgeX;

/// <summary>Values of EdgeX's types, as texts say them.</summary>
internal static class EdgeXValues
{
    /// <summary>The least and the greatest integer of a type, or null for one that is no integer.</summary>
    public static (decimal Least, decimal Most)? RangeOf(string valueType) => valueType switch
    {
        "Int8" => (sbyte.MinValue, sbyte.MaxValue),
        "Int16" => (short.MinValue, short.MaxValue),
        "Int32" => (int.MinValue, int.MaxValue),
        "Int64" => (long.MinValue, long.MaxValue),
        "Uint8" => (byte.MinValue, byte.MaxValue),
        "Uint16" => (ushort.MinValue, ushort.MaxValue),
        "Uint32" => (uint.MinValue, uint.MaxValue),
        "Uint64" => (ulong.MinValue, ulong.MaxValue),
        _ => null,
    };

    public static bool IsNumber(string valueType) => valueType is "Float32" or "Float64" || RangeOf(valueType) is not null;

    public static bool IsOne(string text, string valueType)
    {
        if (RangeOf(valueType) is var (least, most))
        {
            return ForeignScalar.Number(text) is { } number && decimal.IsInteger(number) && number >= least && number <= most;
        }

        return valueType switch
        {
            "Bool" => text is "1" or "t" or "T" or "true" or "TRUE" or "True" or "0" or "f" or "F" or "false" or "FALSE" or "False",
            "Float32" or "Float64" => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _),
            _ when valueType.EndsWith("Array", StringComparison.Ordinal) => text.StartsWith('[') && text.EndsWith(']'),
            "Object" => text.StartsWith('{') && text.EndsWith('}'),
            _ => true,
        };
    }
}
