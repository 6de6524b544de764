using GitOps.Bundles.Units;
using GitOps.Manifests.Foreign;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Rules;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.EdgeX;

/// <summary>
/// Makes a device profile of a DeviceModel of ours, for an EdgeX that speaks with its devices. What EdgeX cannot carry, or would carry
/// otherwise, is found here: nothing of a model is dropped without a word.
/// </summary>
internal static class OwnProfiles
{
    /// <summary>The device service that speaks a protocol of ours, by the name it registers itself under; null: there is none with the same meaning.</summary>
    public static string? ServiceOf(DeviceProtocol protocol) => protocol switch
    {
        DeviceProtocol.ModbusTcp or DeviceProtocol.ModbusRtu => "device-modbus",
        DeviceProtocol.Simulated => "device-virtual",
        _ => null,
    };

    /// <summary>The profile; null, with errors, when EdgeX would not do what the model says.</summary>
    public static YamlNode.Mapping? Translate(Resource<DeviceModelSpec> model, FindingList findings)
    {
        var errors = findings.Errors;
        var (spec, places) = (model.Spec, ModelRules.PropertyPlaces(model.Tree));
        var resources = new List<YamlNode>();
        foreach (var property in spec.Properties)
        {
            var span = places.GetValueOrDefault(property.Name, model.Span);
            var problems = OwnResources.Problems(spec.Protocol, property).ToList();
            foreach (var (what, fix) in problems)
            {
                findings.Error(ManifestCodes.BehindEdgeX, span, what, fix);
            }

            foreach (var (what, fix) in OwnResources.Differences(property))
            {
                findings.Warning(ManifestCodes.OtherwiseInEdgeX, span, what, fix);
            }

            if (problems.Count == 0)
            {
                resources.Add(OwnResources.Write(spec.Protocol, property, EdgeXNames.OfResource(spec, property.Name), span));
            }
        }

        if (spec.Reads is not null)
        {
            findings.Warning(ManifestCodes.OtherwiseInEdgeX, model.SpanOf("reads"), "'reads' is for the agent: EdgeX asks for each resource by itself",
                "take it out, unless other Devices of the model have no backend");
        }

        var commands = spec.Commands.Select(command => Command(command, model, findings)).ToList();
        if (findings.Errors > errors)
        {
            return null;
        }

        var profile = TreeEdit.Map(model.Span,
            ("name", TreeEdit.Text(model.Span, EdgeXNames.Of(model.Name, spec.Foreign))),
            ("deviceResources", TreeEdit.List(model.Span, resources)),
            ("deviceCommands", commands.Count == 0 ? null : TreeEdit.List(model.SpanOf("commands"), commands)));
        return IsTaken(EdgeXKind.Profile, profile, findings) ? profile : null;
    }

    /// <summary>Whether the validators of EdgeX 4 take a document; their findings otherwise.</summary>
    public static bool IsTaken(EdgeXKind kind, YamlNode.Mapping document, FindingList findings)
    {
        var blames = EdgeXVerdicts.Blames(new EdgeXDocument(kind, EdgeXForm.Bare, document, null), ForeignSyntax.Yaml, EdgeXVersion.V4);
        foreach (var blame in blames)
        {
            findings.Error(ManifestCodes.BehindEdgeX, blame.Span, $"EdgeX refuses {blame.Path}: {blame.Why}", blame.Fix);
        }

        return blames.Count == 0;
    }

    private static YamlNode.Mapping Command(DeviceCommand command, Resource<DeviceModelSpec> model, FindingList findings)
    {
        var span = model.SpanOf("commands");
        var hidden = model.Spec.Properties.FirstOrDefault(property => EdgeXNames.OfResource(model.Spec, property.Name) == command.Name);
        if (hidden is not null && command.Operations is not [{ Mappings.Count: 0, Default: null }])
        {
            findings.Error(ManifestCodes.BehindEdgeX, span,
                $"in EdgeX the command '{command.Name}' hides the property '{hidden.Name}', which could then be neither read nor set by itself", "rename the command");
        }

        return TreeEdit.Map(span,
            ("name", TreeEdit.Text(span, command.Name)),
            ("readWrite", TreeEdit.Text(span, command.Access switch { DeviceAccess.Read => "R", DeviceAccess.Write => "W", _ => "RW" })),
            ("resourceOperations", TreeEdit.List(span, command.Operations.Select(operation => TreeEdit.Map(span,
                ("deviceResource", TreeEdit.Text(span, EdgeXNames.OfResource(model.Spec, operation.Property))),
                ("defaultValue", operation.Default is { } value ? TreeEdit.Text(span, value.ToString()!) : null),
                ("mappings", operation.Mappings.IsEmpty ? null
                    : TreeEdit.Map(span, operation.Mappings.Select(mapping => (mapping.Device, (YamlNode?)TreeEdit.Text(span, mapping.People))))))))));
    }
}
