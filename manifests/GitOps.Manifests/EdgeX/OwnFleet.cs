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
            OwnDeviceRules.CheckAgrees(device, first, findings);
            if (OwnDeviceRules.HasTemplates(device, findings) || models(device.Spec.Model) is not { } model || ProfileOf(model, device) is not { } profile)
            {
                continue; // a model that is not there has a finding of its own
            }

            var service = device.Spec.Backend!.Service ?? OwnProfiles.ServiceOf(model.Spec.Protocol)!;
            var profileName = EdgeXNames.Of(model.Name, model.Spec.Foreign);
            var tree = OwnDevices.Translate(device, model.Spec, profileName, service);
            var json = EdgeXUnit.Json(EdgeXKind.Profile, profile, ForeignSyntax.Yaml);
            // Everything that is wrong is said at once.
            if (OwnProfiles.IsTaken(EdgeXKind.Device, tree, findings) & holding.Take(EdgeXKind.Profile, profileName, json, model.Span) &
                holding.Take(EdgeXKind.Device, EdgeXNames.Of(device.Name, device.Spec.Foreign), device.Name, device.Span))
            {
                profiles[profileName] = json;
                known[EdgeXNames.Of(device.Name, device.Spec.Foreign)] = EdgeXUnit.Json(EdgeXKind.Device, tree, ForeignSyntax.Yaml);
                writes.UnionWith(ModbusUnit.Written(model.Spec.Properties).Select(written =>
                    $"{ModbusUnit.Describe(model.Spec.Protocol, device.Spec.Connection)} {written.Place}"));
                OwnDeviceRules.Note(device, model.Spec, findings);
            }
        }

        return EdgeXUnit.Of(name, first.Spec.Node, backend, first.Span, known.Values, profiles.Values, [], writes);
    }

    private YamlNode.Mapping? ProfileOf(Resource<DeviceModelSpec> model, Resource<DeviceSpec> device)
    {
        if (!OwnDeviceRules.IsSpoken(device, model, findings))
        {
            return null;
        }

        if (!_profiles.TryGetValue(model.Name, out var profile))
        {
            _profiles[model.Name] = profile = OwnProfiles.Translate(model, findings);
        }

        return profile;
    }
}
