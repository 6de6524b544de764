using System.Collections;
using System.Diagnostics;
using System.Globalization;
using System.Numerics;
using GitOps.Bundles;
using GitOps.Manifests.Yaml;
using Scriban.Runtime;

namespace GitOps.Reconciler.Rendering;

/// <summary>The way of values between YAML and templates.</summary>
internal static class ScriptValue
{
    /// <summary>A plain scalar gets its type by the core schema of YAML 1.2, a quoted one is text.</summary>
    public static object? Of(string path, YamlNode node) => node switch
    {
        YamlNode.Mapping mapping => ValueObject.Of(path, mapping),
        YamlNode.Sequence sequence => List(sequence.Items.Select((item, i) => Of($"{path}[{i}]", item))),
        YamlNode.Scalar { IsPlain: false } quoted => quoted.Text,
        YamlNode.Scalar plain => OfPlain(plain.Text),
        _ => throw new UnreachableException(node.ToString()),
    };

    public static ScriptArray List(IEnumerable<object?> items) => new(items) { IsReadOnly = true };

    /// <summary>An integer stays one, so that it fits fields that want an integer.</summary>
    public static object Number(decimal number)
    {
        if (decimal.IsInteger(number) && number is >= long.MinValue and <= long.MaxValue)
        {
            return (long)number;
        }

        return number;
    }

    /// <summary>A number as people and configuration files write it; null where the value is no number.</summary>
    public static string? NumberText(object? value) => value switch
    {
        decimal number => number.ToString(CultureInfo.InvariantCulture),
        double number => DoubleText(number),
        float number => DoubleText(number),
        int or long or uint or ulong or short or ushort or byte or sbyte or BigInteger => Convert.ToString(value, CultureInfo.InvariantCulture),
        _ => null,
    };

    /// <summary>The value as text, null where it is a list, a mapping, a function or a secret. Null is the empty text.</summary>
    public static string? Text(object? value) => value switch
    {
        null => "",
        string text => text,
        bool flag => flag ? "true" : "false",
        _ => NumberText(value),
    };

    public static bool IsList(object? value) => value is ScriptArray or (IEnumerable and not (string or IScriptObject));

    /// <summary>A list of Scriban's is an object too; here it is not.</summary>
    public static IScriptObject? Mapping(object? value) => value is ScriptArray ? null : value as IScriptObject;

    private static object? OfPlain(string text)
    {
        if (PlainScalar.IsNull(text))
        {
            return null;
        }

        if (PlainScalar.TryBool(text, out var flag))
        {
            return flag;
        }

        if (PlainScalar.TryInteger(text, out var integer))
        {
            return Number(integer);
        }

        return PlainScalar.TryNumber(text, out var number) ? number : text;
    }

    // Through decimal, which has 15 digits of a double and no exponent; infinity and NaN are nothing a field could take.
    private static string? DoubleText(double number) =>
        double.IsFinite(number) && Math.Abs(number) < 1e15 ? DecimalText.Format((decimal)number) : null;
}
