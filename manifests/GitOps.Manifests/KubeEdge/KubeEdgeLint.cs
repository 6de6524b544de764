using System.Globalization;
using GitOps.Bundles;
using GitOps.Manifests.Foreign;

namespace GitOps.Manifests.KubeEdge;

/// <summary>What an API server takes without a word though it is wrong, as far as one document shows it.</summary>
internal static class KubeEdgeLint
{
    /// <summary>A day: nobody polls a device that rarely, and a second is longer in nanoseconds.</summary>
    private const decimal LongestCycle = 86_400_000;

    public static void Model(ForeignObject root, FindingList findings)
    {
        foreach (var property in root.Object("spec").Objects("properties"))
        {
            var name = Excerpt.Of(property.Text("name"));
            decimal?[] bounds = [Bound(property, "minimum", name, findings), Bound(property, "maximum", name, findings)];
            if (bounds[0] > bounds[1])
            {
                findings.Warning(KubeEdgeCodes.Range, property.SpanOf("minimum"),
                    $"the minimum {DecimalText.Format(bounds[0]!.Value)} of '{name}' is above its maximum {DecimalText.Format(bounds[1]!.Value)}", "swap them");
            }
        }
    }

    public static void Device(ForeignObject root, FindingList findings)
    {
        var spec = root.Object("spec");
        foreach (var (field, isThere, why) in new[]
        {
            ("deviceModelRef", spec.Object("deviceModelRef").Text("name").Length > 0, "CloudCore fails on a device without it"),
            ("nodeName", spec.Text("nodeName").Length > 0, "the device is delivered to no node"),
        })
        {
            if (!isThere)
            {
                findings.Warning(KubeEdgeCodes.Reference, spec.SpanOf(field), $"'{field}' is missing: {why}", $"add {field}");
            }
        }

        foreach (var property in spec.Objects("properties"))
        {
            foreach (var field in new[] { "collectCycle", "reportCycle" })
            {
                if (property.Number(field) is > LongestCycle and var cycle)
                {
                    findings.Warning(KubeEdgeCodes.Cycle, property.SpanOf(field),
                        $"the {field} {DecimalText.Format(cycle)} of '{Excerpt.Of(property.Text("name"))}' is {Days(cycle)} days of milliseconds; it looks like nanoseconds, and is read so",
                        $"write milliseconds: {DecimalText.Format(decimal.Truncate(cycle / 1_000_000))}");
                }
            }
        }
    }

    /// <summary>A cycle in milliseconds, whichever unit it was meant in.</summary>
    public static decimal? Milliseconds(decimal? cycle) => cycle > LongestCycle ? cycle / 1_000_000 : cycle;

    private static decimal? Bound(ForeignObject property, string field, string name, FindingList findings)
    {
        if (property.Text(field) is not { Length: > 0 } text)
        {
            return null;
        }

        if (ForeignScalar.Number(text) is not { } number)
        {
            findings.Warning(KubeEdgeCodes.Range, property.SpanOf(field), $"the {field} '{Excerpt.Of(text)}' of '{name}' is no number", "write a number in quotes");
            return null;
        }

        return number;
    }

    private static string Days(decimal milliseconds) => (milliseconds / LongestCycle).ToString("0.#", CultureInfo.InvariantCulture);
}
