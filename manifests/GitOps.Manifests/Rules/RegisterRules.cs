using GitOps.Bundles.Units;
using GitOps.Manifests.Kinds;
using DeviceSpec = GitOps.Manifests.Kinds.DeviceSpec;

namespace GitOps.Manifests.Rules;

/// <summary>
/// Devices that are one unit of Modbus: they may be read over each other, but what two of them write is nobody's. Of devices whose connection
/// is not from a template, and not of two of another system's, which may describe one unit twice: of those the node says the same.
/// </summary>
internal static class RegisterRules
{
    public static void Report(FleetManifest manifest, FindingList findings)
    {
        var units = new Dictionary<(string Node, string Unit), List<(Resource<DeviceSpec> Device, DeviceModelSpec Model)>>();
        foreach (var device in manifest.Devices)
        {
            if (!device.HasTemplates && manifest.DeviceModels.TryGet(device.Spec.Model, out var model) && model.Spec.Protocol.IsModbus())
            {
                var unit = (device.Spec.Node, ModbusUnit.Describe(model.Spec.Protocol, device.Spec.Connection));
                if (units.TryGetValue(unit, out var others))
                {
                    others.Add((device, model.Spec));
                }
                else
                {
                    units.Add(unit, [(device, model.Spec)]);
                }
            }
        }

        foreach (var ((_, unit), devices) in units.Where(unit => unit.Value.Count > 1))
        {
            Check(unit, [.. devices.OrderBy(device => device.Device.Name, StringComparer.Ordinal)], findings);
        }
    }

    /// <summary>Says of two devices once that they meet, at the first place.</summary>
    private static void Check(string unit, List<(Resource<DeviceSpec> Device, DeviceModelSpec Model)> devices, FindingList findings)
    {
        var taken = new Dictionary<string, (Resource<DeviceSpec> Device, string Property)>(StringComparer.Ordinal);
        foreach (var (device, model) in devices)
        {
            var told = new HashSet<string>(StringComparer.Ordinal);
            foreach (var (place, property) in ModbusUnit.Written(model.Properties))
            {
                if (!taken.TryAdd(place, (device, property.Name)) && taken[place] is var (first, its) && first != device &&
                    (first.Spec.Foreign is null || device.Spec.Foreign is null) && told.Add(first.Name))
                {
                    findings.Error(ManifestCodes.RegisterWrittenTwice, device.Span,
                        $"the Devices '{device.Name}' and '{first.Name}' ({first.Span}) both write {place} of {unit}: '{property.Name}' and '{its}'",
                        "let one of them write it: access: r in the model of the other, or correct the connection or the address");
                }
            }
        }
    }
}
