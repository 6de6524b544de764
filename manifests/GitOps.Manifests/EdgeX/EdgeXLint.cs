using GitOps.Manifests.Foreign;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.EdgeX;

/// <summary>What EdgeX takes without a word though it is wrong, as far as one document shows it.</summary>
internal static class EdgeXLint
{
    public static void Check(EdgeXKind kind, YamlNode.Mapping tree, ForeignSyntax syntax, FindingList findings)
    {
        var types = new TypeCheck(syntax);
        types.Check(tree, EdgeXTypes.Of(kind), "");
        foreach (var unknown in types.Unknown.GroupBy(key => key.Entry.Key))
        {
            var first = unknown.First();
            var near = Spelling.Nearest(unknown.Key, first.Known);
            findings.Warning(EdgeXCodes.UnknownKey, first.Entry.KeySpan,
                $"EdgeX ignores '{Excerpt.Of(unknown.Key)}'{(unknown.Count() > 1 ? $" ({unknown.Count()} times)" : "")}",
                near is null ? "remove it" : $"did you mean '{near}'?");
        }

        var root = new ForeignObject(tree, syntax);
        switch (kind)
        {
            case EdgeXKind.Profile:
                foreach (var resource in root.Objects("deviceResources"))
                {
                    ResourceLint.Check(resource, findings);
                }

                CheckCommands(root, findings);
                break;
            case EdgeXKind.Device:
                ProtocolLint.Check(root, findings);
                CheckEvents(root, findings);
                break;
            default:
                CheckEvents(root.Object("discoveredDevice"), findings);
                break;
        }
    }

    private static void CheckCommands(ForeignObject profile, FindingList findings)
    {
        var types = profile.Objects("deviceResources").DistinctBy(resource => resource.Text("name"))
            .ToDictionary(resource => resource.Text("name"), resource => EdgeXTypes.Normalised(resource.Object("properties").Text("valueType")) ?? "");
        foreach (var operation in profile.Objects("deviceCommands").SelectMany(command => command.Objects("resourceOperations")))
        {
            var type = types[operation.Text("deviceResource")];
            if (operation.Text("defaultValue") is { Length: > 0 } value && !EdgeXValues.IsOne(value, type))
            {
                findings.Warning(EdgeXCodes.DefaultValue, operation.SpanOf("defaultValue"),
                    $"the default '{Excerpt.Of(value)}' of '{Excerpt.Of(operation.Text("deviceResource"))}' is no {type}", $"write a value of the type {type}");
            }
        }
    }

    // The contracts take days; core-metadata reads the interval again without them.
    private static void CheckEvents(ForeignObject owner, FindingList findings)
    {
        foreach (var one in owner.Objects("autoEvents"))
        {
            if (GoDuration.Parse(one.Text("interval")) is null)
            {
                findings.Warning(EdgeXCodes.Source, one.SpanOf("interval"),
                    $"the contracts of EdgeX 4 take '{Excerpt.Of(one.Text("interval"))}', and core-metadata refuses it with a profile", "write hours: 24h");
            }
        }
    }
}
