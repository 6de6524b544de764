using GitOps.Bundles.Units;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Yaml;
using DeviceSpec = GitOps.Manifests.Kinds.DeviceSpec;

namespace GitOps.Manifests.EdgeX;

/// <summary>Whether an EdgeX can speak with a Device of ours as it is written.</summary>
internal static class OwnDeviceRules
{
    /// <summary>Whether a device service speaks what the model speaks, and means the same.</summary>
    public static bool IsSpoken(Resource<DeviceSpec> device, Resource<DeviceModelSpec> model, FindingList findings)
    {
        if (OwnProfiles.ServiceOf(model.Spec.Protocol) is not null)
        {
            return true;
        }

        findings.Error(ManifestCodes.BehindEdgeX, device.SpanOf("backend"),
            $"'{device.Name}' has the model '{model.Name}' of the protocol {EdgeXModels.NameOf(model.Spec.Protocol)}, {WhyNot(model.Spec.Protocol)}",
            "take 'backend' out, so that the agent speaks with it, or describe it in files of EdgeX that a DeviceImport with 'backend: edgex' names");
        return false;
    }

    /// <summary>What is said about the EdgeX itself is said alike by all that share it.</summary>
    public static void CheckAgrees(Resource<DeviceSpec> device, Resource<DeviceSpec> first, FindingList findings)
    {
        var (its, shared) = (device.Spec.Backend!, first.Spec.Backend!);
        (string Field, bool IsSame)[] fields =
        [
            ("bus", its.Bus == shared.Bus), ("ca", its.Authority == shared.Authority), ("token", its.Token == shared.Token), ("adopt", its.Adopt == shared.Adopt),
            ("deletionPolicy", its.DeletionPolicy == shared.DeletionPolicy), ("drift", its.Drift == shared.Drift), ("suspend", its.Suspend == shared.Suspend),
        ];
        foreach (var (field, _) in fields.Where(field => !field.IsSame))
        {
            findings.Error(ManifestCodes.EdgeXSettings, device.SpanOf("backend", "edgex", field),
                $"'{device.Name}' says another {field} than '{first.Name}' ({first.SpanOf("backend", "edgex", field)}), and both are in the EdgeX at {its.Metadata}",
                "write the same with all Devices of the node that share this EdgeX");
        }
    }

    /// <summary>EdgeX is told of all devices of a node at once, before anything is rendered for it.</summary>
    public static bool HasTemplates(Resource<DeviceSpec> device, FindingList findings)
    {
        var isTemplated = false;
        foreach (var field in new[] { "connection", "poll" })
        {
            if (device.Tree.TryGet(field, out var node) && TemplateIn(node) is { } span)
            {
                findings.Error(ManifestCodes.EdgeXTemplate, span, $"'{field}' of '{device.Name}' has a template, and EdgeX is told of the device before templates are rendered",
                    "write the value itself, or take 'backend' out");
                isTemplated = true;
            }
        }

        return isTemplated;
    }

    private static SourceSpan? TemplateIn(YamlNode node) => node switch
    {
        YamlNode.Scalar { IsTemplate: true } => node.Span,
        YamlNode.Mapping map => map.Entries.Select(entry => entry.Key == "$value" ? entry.KeySpan : TemplateIn(entry.Value)).FirstOrDefault(span => span is not null),
        YamlNode.Sequence list => list.Items.Select(TemplateIn).FirstOrDefault(span => span is not null),
        _ => null,
    };

    /// <summary>What is asked for through core-command is asked for more seldom than EdgeX itself does; and what its device services do not have.</summary>
    public static void Note(Resource<DeviceSpec> device, DeviceModelSpec model, FindingList findings)
    {
        var alarms = model.Alarms.Concat(device.Spec.Alarms).Select(alarm => alarm.Property);
        var upstream = model.Properties.Where(property => property.Upstream is not null).Select(property => property.Name).Concat(device.Spec.Upstream.Select(rule => rule.Property));
        var often = model.Properties.Where(property => OwnDevices.PollOf(device.Spec, property) < EdgeXBackends.ShortestPoll).Select(property => property.Name).ToHashSet(StringComparer.Ordinal);
        if (alarms.Concat(upstream).FirstOrDefault(often.Contains) is { } property)
        {
            findings.Note(ManifestCodes.OtherwiseInEdgeX, device.SpanOf("backend"),
                $"alarms and upstream values of '{device.Name}' come from what is read through core-command every {EdgeXBackends.ShortestPoll.TotalSeconds:0} s, as '{property}'",
                "nothing, unless they have to come faster: then take 'backend' out");
        }

        if (device.Spec.Connection.Seed is not null)
        {
            findings.Warning(ManifestCodes.OtherwiseInEdgeX, device.SpanOf("connection", "seed"), $"device-virtual has no seed: the values of '{device.Name}' are others each time",
                "take 'seed' out");
        }
    }

    private static string WhyNot(DeviceProtocol protocol) => protocol switch
    {
        DeviceProtocol.EdgeX => "whose devices are in an EdgeX already",
        DeviceProtocol.Mapper => "whose devices are behind a mapper of KubeEdge",
        DeviceProtocol.Mqtt => "and EdgeX asks MQTT devices under topics of its own",
        DeviceProtocol.Http => "and EdgeX asks HTTP devices under paths of its own",
        _ => "which no device service of EdgeX speaks",
    };
}
