using GitOps.Bundles;
using GitOps.Manifests.Foreign;

namespace GitOps.Manifests.KubeEdge;

/// <summary>What goes wrong between a device and its model, and nothing in KubeEdge looks at.</summary>
internal static class KubeEdgePairLint
{
    public static void Check(ForeignDocument device, ForeignDocument? model, FindingList findings)
    {
        if (model is null)
        {
            return;
        }

        var ofModel = model.Root.Object("spec").Objects("properties").DistinctBy(property => property.Text("name"))
            .ToDictionary(property => property.Text("name"), StringComparer.Ordinal);
        foreach (var property in device.Root.Object("spec").Objects("properties"))
        {
            var name = property.Text("name");
            if (!ofModel.TryGetValue(name, out var its))
            {
                var near = Spelling.Nearest(name, ofModel.Keys);
                findings.Warning(KubeEdgeCodes.Reference, property.SpanOf("name"), $"the model '{Excerpt.Of(model.Name)}' has no property '{Excerpt.Of(name)}', so the mapper fails",
                    near is null ? "add it to the model" : $"did you mean '{near}'?");
                continue;
            }

            if (!property.Object("visitors").Has("configData") && !its.Object("visitors").Has("configData"))
            {
                findings.Warning(KubeEdgeCodes.Reference, property.SpanOf("name"), $"'{Excerpt.Of(name)}' has no visitors.configData, so the mapper fails", "say where the property is");
            }

            CheckDesired(name, property, its, findings);
        }
    }

    private static void CheckDesired(string name, ForeignObject property, ForeignObject model, FindingList findings)
    {
        var (type, isWritable) = (model.Text("type"), model.Text("accessMode") == "ReadWrite");
        if (!property.Has("desired"))
        {
            if (isWritable)
            {
                findings.Warning(KubeEdgeCodes.NoDesired, property.SpanOf("name"), $"'{Excerpt.Of(name)}' is ReadWrite and has no desired value: the mapper writes an empty one at start",
                    "add desired: {value: …}, or make it ReadOnly");
            }

            return;
        }

        var value = property.Object("desired").Text("value");
        var number = ForeignScalar.Number(value);
        var (minimum, maximum) = (ForeignScalar.Number(model.Text("minimum")), ForeignScalar.Number(model.Text("maximum")));
        var why = !isWritable ? "is ReadOnly, so its desired value is ignored"
            : type is "BYTES" or "STREAM" ? $"is {type}, whose desired value cannot be converted"
            : type is "INT" or "FLOAT" or "DOUBLE" && number is null ? $"is {type}, and '{Excerpt.Of(value)}' is no number"
            : number < minimum || number > maximum ? $"would be {DecimalText.Format(number!.Value)}, outside of its range"
            : null;
        if (why is not null)
        {
            findings.Warning(KubeEdgeCodes.Desired, property.Object("desired").SpanOf("value"), $"'{Excerpt.Of(name)}' {why}", "correct or remove the desired value");
        }
    }
}
