using System.Collections.Immutable;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Rules;

namespace GitOps.Manifests.State;

/// <summary>Devices by their model, and what does not fit it, of those without templates.</summary>
internal sealed class DeviceTable(ResourceTable table)
{
    private readonly Dictionary<string, HashSet<Resource<DeviceSpec>>> _byModel = new(StringComparer.Ordinal);
    private readonly Dictionary<Resource, ImmutableArray<Finding>> _findings = new(ReferenceEqualityComparer.Instance);

    public IEnumerable<Finding> Findings => _findings.Values.SelectMany(findings => findings);

    public void Apply(IReadOnlyList<ResourceChange> changes)
    {
        var stale = new HashSet<Resource<DeviceSpec>>(ReferenceEqualityComparer.Instance);
        foreach (var change in changes)
        {
            if (change.Old is Resource<DeviceSpec> old)
            {
                _byModel[old.Spec.Model].Remove(old);
                _findings.Remove(old);
                stale.Remove(old);
            }

            if (change.Next is Resource<DeviceSpec> { HasTemplates: false } next)
            {
                stale.Add(next);
            }

            if (change.Next is Resource<DeviceSpec> device)
            {
                Of(device.Spec.Model).Add(device);
            }
        }

        foreach (var model in changes.Where(change => change.Kind == ResourceKind.DeviceModel))
        {
            stale.UnionWith(Of(model.Name).Where(device => !device.HasTemplates));
        }

        foreach (var device in stale)
        {
            Check(device);
        }
    }

    private void Check(Resource<DeviceSpec> device)
    {
        _findings.Remove(device);
        if (table.Find(ResourceKind.DeviceModel, device.Spec.Model) is not Resource<DeviceModelSpec> model)
        {
            return; // a reference that has a finding of its own
        }

        var findings = new FindingList();
        DeviceRules.Check(device, device.Tree, device.Spec, model.Spec, findings);
        if (findings.ToSorted() is { IsEmpty: false } found)
        {
            _findings.Add(device, found);
        }
    }

    private HashSet<Resource<DeviceSpec>> Of(string model)
    {
        if (!_byModel.TryGetValue(model, out var devices))
        {
            _byModel.Add(model, devices = new(ReferenceEqualityComparer.Instance));
        }

        return devices;
    }
}
