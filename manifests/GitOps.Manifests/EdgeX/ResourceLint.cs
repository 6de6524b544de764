using GitOps.Bundles;
using GitOps.Manifests.Foreign;

namespace GitOps.Manifests.EdgeX;

/// <summary>Numbers of a resource that EdgeX does not hold against each other.</summary>
internal static class ResourceLint
{
    public static void Check(ForeignObject resource, FindingList findings)
    {
        var name = Excerpt.Of(resource.Text("name"));
        var properties = resource.Object("properties");
        var type = EdgeXTypes.Normalised(properties.Text("valueType"))!;
        CheckRange(name, type, properties, findings);
        CheckTransformation(name, type, properties, findings);
        if (properties.Text("defaultValue") is { Length: > 0 } value && !EdgeXValues.IsOne(value, type))
        {
            findings.Warning(EdgeXCodes.DefaultValue, properties.SpanOf("defaultValue"), $"the default '{Excerpt.Of(value)}' of '{name}' is no {type}",
                $"write a value of the type {type}");
        }

        if (type == "Binary" && properties.Text("mediaType").Length == 0)
        {
            findings.Warning(EdgeXCodes.Attribute, properties.SpanOf("valueType"), $"'{name}' is Binary and has no mediaType", "add mediaType: image/jpeg");
        }

        if (type == "Binary" && properties.Text("readWrite").Contains('W', StringComparison.Ordinal))
        {
            findings.Warning(EdgeXCodes.Attribute, properties.SpanOf("readWrite"),
                $"'{name}' is Binary, which cannot be written; EdgeX oversees it because of the spelling '{properties.Text("valueType")}'", "write readWrite: R");
        }

        if (resource.Object("attributes").Has("primaryTable"))
        {
            ModbusAttributes.Of(resource, findings);
        }
    }

    private static void CheckRange(string name, string type, ForeignObject properties, FindingList findings)
    {
        var (minimum, maximum) = (properties.Number("minimum"), properties.Number("maximum"));
        if (minimum > maximum)
        {
            findings.Warning(EdgeXCodes.Range, properties.SpanOf("minimum"),
                $"the minimum {DecimalText.Format(minimum.Value)} of '{name}' is above its maximum {DecimalText.Format(maximum.Value)}, so nothing can be written", "swap them");
        }

        if (EdgeXValues.RangeOf(type) is not var (least, most) || properties.Has("scale") || properties.Has("offset"))
        {
            return;
        }

        foreach (var (field, bound) in new[] { ("minimum", minimum), ("maximum", maximum) })
        {
            if (bound < least || bound > most)
            {
                findings.Warning(EdgeXCodes.Range, properties.SpanOf(field), $"the {field} {DecimalText.Format(bound.Value)} of '{name}' is outside of {type}",
                    $"{type} goes from {DecimalText.Format(least)} to {DecimalText.Format(most)}");
            }
        }
    }

    private static void CheckTransformation(string name, string type, ForeignObject properties, FindingList findings)
    {
        if (properties.Number("scale") is 0)
        {
            findings.Warning(EdgeXCodes.Transformation, properties.SpanOf("scale"), $"the scale of '{name}' is 0, so every value is the same",
                "write the factor from raw to value");
        }

        if (properties.Number("base") is 1 or < 0)
        {
            findings.Warning(EdgeXCodes.Transformation, properties.SpanOf("base"), $"the powers of the base of '{name}' tell no values apart",
                "write a positive number that is not 1");
        }

        var isInteger = EdgeXValues.RangeOf(type) is not null;
        foreach (var field in new[] { "mask", "shift" })
        {
            if (properties.Number(field) is not { } number)
            {
                continue;
            }

            if (!decimal.IsInteger(number))
            {
                findings.Warning(EdgeXCodes.Transformation, properties.SpanOf(field), $"the {field} of '{name}' is cut down to {decimal.Truncate(number)}", "write a whole number");
            }

            if (!isInteger && number != 0)
            {
                findings.Warning(EdgeXCodes.Transformation, properties.SpanOf(field), $"'{name}' is {type}, and a {field} is for integers only", "remove it");
            }
        }

        if (isInteger && properties.Number("scale") is { } scale && !decimal.IsInteger(scale))
        {
            findings.Warning(EdgeXCodes.Transformation, properties.SpanOf("scale"),
                $"'{name}' is {type}, so EdgeX cuts off what the scale {DecimalText.Format(scale)} leaves behind the point", "use valueType: Float32 with rawType in the attributes");
        }
    }
}
