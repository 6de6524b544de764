using GitOps.Bundles.Units;
using GitOps.Manifests.Foreign;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Yaml;
using DeviceSpec = GitOps.Manifests.Kinds.DeviceSpec;
using EdgeXSpec = GitOps.Manifests.Kinds.EdgeXSpec;

namespace GitOps.Manifests.EdgeX;

/// <summary>
/// Gathers the Devices of ours that an EdgeX speaks with: one unit for each node and core-metadata, with the devices and the profiles of
/// their models. What cannot be there is left out of the unit, with an error.
/// </summary>
/// <param name="models">By name.</param>
/// <param name="others">What DeviceImports make of their files.</param>
/// <param name="imports">The names of DeviceImports, which name units too.</param>
internal sealed class OwnFleet(
    Func<string, Resource<DeviceModelSpec>?> models, IReadOnlyList<Resource<EdgeXSpec>> others, IReadOnlySet<string> imports, FindingList findings)
{
    private readonly Dictionary<string, YamlNode.Mapping?> _profiles = new(StringComparer.Ordinal);
    private readonly EdgeXHoldings _holdings = new(others, findings);

    /// <param name="devices">Those with a backend.</param>
    public IReadOnlyList<Resource> Resolve(IEnumerable<Resource<DeviceSpec>> devices)
    {
        var made = new List<Resource>();
        var byUnit = devices.OrderBy(device => device.Name, StringComparer.Ordinal)
            .GroupBy(device => (Name: EdgeXNames.OfUnit(device.Spec.Node, device.Spec.Backend!), device.Spec.Backend!.Metadata));
        foreach (var unit in byUnit.OrderBy(unit => unit.Key.Name, StringComparer.Ordinal))
        {
            var first = unit.First();
            if (imports.Contains(unit.Key.Name))
            {
                findings.Error(ManifestCodes.EdgeXNameTwice, first.SpanOf("backend"),
                    $"what the Devices of '{first.Spec.Node}' put into EdgeX is the unit edgex/{unit.Key.Name}, and a DeviceImport has that name", "rename the DeviceImport");
                continue;
            }

            if (KindShapes.EdgeX.Read(new Metadata(unit.Key.Name, [], []), first.Span, Unit(unit.Key.Name, [.. unit]).Spec, findings) is { } resource)
            {
                made.Add(resource);
            }
        }

        return made;
    }

    private Translated Unit(string name, List<Resource<DeviceSpec>> devices)
    {
        var (first, backend) = (devices[0], devices[0].Spec.Backend!);
        var holding = _holdings.Begin(name, first.Spec.Node, backend.Metadata);
        var (profiles, writes) = (new SortedDictionary<string, string>(StringComparer.Ordinal), new SortedSet<string>(StringComparer.Ordinal));
        var known = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var device in devices)
        {
            CheckAgrees(device, first);
            if (Templates(device) || models(device.Spec.Model) is not { } model || ProfileOf(model, device) is not { } profile)
            {
                continue; // a model that is not there has a finding of its own
            }

            var service = device.Spec.Backend!.Service ?? OwnProfiles.ServiceOf(model.Spec.Protocol)!;
            var profileName = EdgeXNames.Of(model.Name, model.Spec.Foreign);
            var tree = OwnDevices.Translate(device, model.Spec, profileName, service);
            var json = EdgeXUnit.Json(EdgeXKind.Profile, profile, ForeignSyntax.Yaml);
            if (OwnProfiles.IsTaken(EdgeXKind.Device, tree, findings) && holding.Take(EdgeXKind.Profile, profileName, json, model.Span) &&
                holding.Take(EdgeXKind.Device, EdgeXNames.Of(device.Name, device.Spec.Foreign), device.Name, device.Span))
            {
                profiles[profileName] = json;
                known[EdgeXNames.Of(device.Name, device.Spec.Foreign)] = EdgeXUnit.Json(EdgeXKind.Device, tree, ForeignSyntax.Yaml);
                writes.UnionWith(ModbusUnit.Written(model.Spec.Properties).Select(written =>
                    $"{ModbusUnit.Describe(model.Spec.Protocol, device.Spec.Connection)} {written.Place}"));
                Note(device, model.Spec);
            }
        }

        return EdgeXUnit.Of(name, first.Spec.Node, backend, first.Span, known.Values, profiles.Values, [], writes);
    }

    private YamlNode.Mapping? ProfileOf(Resource<DeviceModelSpec> model, Resource<DeviceSpec> device)
    {
        if (OwnProfiles.ServiceOf(model.Spec.Protocol) is null)
        {
            findings.Error(ManifestCodes.BehindEdgeX, device.SpanOf("backend"),
                $"'{device.Name}' has the model '{model.Name}' of the protocol {EdgeXModels.NameOf(model.Spec.Protocol)}, {WhyNot(model.Spec.Protocol)}",
                "take 'backend' out, so that the agent speaks with it, or describe it in files of EdgeX that a DeviceImport with 'backend: edgex' names");
            return null;
        }

        if (!_profiles.TryGetValue(model.Name, out var profile))
        {
            _profiles[model.Name] = profile = OwnProfiles.Translate(model, findings);
        }

        return profile;
    }

    private static string WhyNot(DeviceProtocol protocol) => protocol switch
    {
        DeviceProtocol.EdgeX => "whose devices are in an EdgeX already",
        DeviceProtocol.Mapper => "whose devices are behind a mapper of KubeEdge",
        DeviceProtocol.Mqtt => "and EdgeX asks MQTT devices under topics of its own",
        DeviceProtocol.Http => "and EdgeX asks HTTP devices under paths of its own",
        _ => "which no device service of EdgeX speaks",
    };

    private void CheckAgrees(Resource<DeviceSpec> device, Resource<DeviceSpec> first)
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

    private bool Templates(Resource<DeviceSpec> device)
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

    // What is asked for through core-command is asked for more seldom than EdgeX itself does.
    private void Note(Resource<DeviceSpec> device, DeviceModelSpec model)
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
}
