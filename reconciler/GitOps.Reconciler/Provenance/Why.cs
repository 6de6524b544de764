using GitOps.Bundles;
using GitOps.Manifests;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Rules;
using GitOps.Manifests.Targeting;
using GitOps.Reconciler.Rendering;
using GitOps.Reconciler.Targeting;
using AgentSpec = GitOps.Bundles.Units.AgentSpec;

namespace GitOps.Reconciler.Provenance;

/// <summary>
/// Answers why a node is given what it is given: which file, line and selector placed a unit, which line set a value, and
/// what it overrode. Pure; asks the manifests, not a control plane.
/// </summary>
public sealed class Why
{
    private readonly FleetManifest _manifest;
    private readonly NodePlan _plan;
    private readonly Resource<EdgeNodeSpec> _node;
    private readonly List<Resource<NodeGroupSpec>> _groups;
    private readonly ValueLayers _layers;

    private Why(FleetManifest manifest, NodePlan plan)
    {
        (_manifest, _plan, _node) = (manifest, plan, plan.Node.Resource);
        _groups = [.. manifest.Groups.Where(g => g.Spec.Selector.Matches(plan.Node.Labels))
            .OrderBy(g => g.Spec.Priority).ThenBy(g => g.Name, StringComparer.Ordinal)];
        _layers = ValueLayers.Of(manifest, plan.Site, _groups, _node);
    }

    /// <param name="manifest">Without errors.</param>
    /// <param name="question">
    /// <c>NODE</c>, <c>NODE/values[.PATH]</c>, <c>NODE/KIND/NAME</c> or <c>NODE/KIND/NAME.FIELD</c>; the kind as units have it
    /// (<c>file</c>, <c>workload</c>, <c>volume</c>, <c>clock</c>, <c>device</c>).
    /// </param>
    public static WhyAnswer Ask(FleetManifest manifest, string question)
    {
        var parts = question.Split('/', 3);
        var plan = NodePlan.Of(manifest, parts[0]);
        if (plan is null)
        {
            return new WhyAnswer.Unknown($"there is no node '{parts[0]}'",
                Similar.Fix(parts[0], manifest.NodeIndex.Nodes.Select(n => n.Name), "'gitops render' knows the same nodes"));
        }

        var why = new Why(manifest, plan);
        return parts switch
        {
            [_] => why.Everything(question),
            [_, var values] when values == "values" || values.StartsWith("values.", StringComparison.Ordinal) => why.Values(question, values),
            [_, var kind, var rest] => why.Unit(question, kind, rest),
            [_, var other] => new WhyAnswer.Unknown($"'{other}' is no unit and no value", why.HowToAsk()),
            _ => throw new System.Diagnostics.UnreachableException(question),
        };
    }

    private WhyAnswer.Found Everything(string question) => new(question)
    {
        Node = At(_node),
        Site = _plan.Site is { } site ? At(site) : null,
        Groups = _groups.Select(g => new GroupOrigin(At(g), g.Spec.Priority, Words.Of(g.Spec.Selector))).ToEquatableArray(),
        Placements = _plan.Resources.Concat<Resource>(_manifest.Secrets.Where(s => _plan.Secrets.Contains(s.Name))).Select(Placed).ToEquatableArray(),
        Values = _layers.At(_plan.Shared.Values, "values").ToEquatableArray(),
    };

    private WhyAnswer Values(string question, string path)
    {
        var values = _layers.At(_plan.Shared.Values, path).ToEquatableArray();
        return values.IsEmpty
            ? new WhyAnswer.Unknown($"'{path}' is not set for {_plan.Name}", Similar.Fix(path,
                _layers.At(_plan.Shared.Values, "values").Select(v => v.Path), "set it in the values of the Fleet, a Site, a NodeGroup or the EdgeNode"))
            : new WhyAnswer.Found(question) { Values = values };
    }

    private WhyAnswer Unit(string question, string kind, string rest)
    {
        var dot = rest.IndexOfAny(['.', '[']);
        var (name, path) = dot < 0 ? (rest, "") : (rest[..dot], rest[dot..]);
        var resource = new UnitId(kind, name) == AgentSpec.Self
            ? AgentReleases.SayingFor(_manifest.Fleet, _groups)
            : _plan.Resources.FirstOrDefault(r => Units.IdOf(r) is { } id && id.Kind == kind && id.Name == name);
        if (resource is null)
        {
            return new WhyAnswer.Unknown($"{_plan.Name} has no unit '{kind}/{name}'", HowToAsk());
        }

        var parts = FieldWalk.Parts(path);
        if (resource is Resource<FleetSpec> or Resource<NodeGroupSpec>)
        {
            var architecture = NodeLabels.NameOf(_node.Spec.Architecture);
            return Field(question, resource, parts is ["executable", ..] ? ["agent", "executables", architecture] : ["agent", .. parts]);
        }

        // A unit of a device says its desired values beside the properties of its model.
        if (resource is Resource<DeviceSpec> device && parts is ["properties", var property, ..])
        {
            return parts is [_, _, "desired", .. var below]
                ? Field(question, resource, ["desired", property, .. below])
                : Field(question, _manifest.DeviceModels.TryGet(device.Spec.Model, out var model) ? model : resource, parts, placed: resource);
        }

        // Whoever speaks with the device through an EdgeX is told where that is, not where the device is.
        return Field(question, resource, resource is Resource<DeviceSpec> { Spec.Backend: not null } && parts is ["connection", ..] ? ["backend"] : parts);
    }

    private WhyAnswer Field(string question, Resource resource, string[] parts, Resource? placed = null)
    {
        if (FieldWalk.Find(resource.Tree, parts) is not { } node)
        {
            return new WhyAnswer.Unknown($"{Words.Of(resource)} says nothing of '{string.Join('.', parts)}', so its default counts",
                Similar.Fix(parts[^1], FieldWalk.Next(resource.Tree, parts), "docs/manifests.md has the defaults"));
        }

        var tracing = new FieldTracing(_manifest, _plan.Scope, _layers);
        return new WhyAnswer.Found(question)
        {
            Placements = [Placed(placed ?? resource)],
            Fields = FieldWalk.Leaves(node, string.Join('.', parts)).Select(leaf => tracing.Trace(resource, leaf.Path, leaf.Scalar)).ToEquatableArray(),
        };
    }

    private static PlacementOrigin Placed(Resource resource) => new(
        Units.IdOf(resource)?.ToString() ?? (resource.Kind == ResourceKind.Secret ? $"secret/{resource.Name}" : AgentSpec.Self.ToString()),
        At(resource),
        resource.SpanOf(resource switch { Resource<DeviceSpec> => "node", Resource<SiteSpec> => "uplink", Resource<NodeGroupSpec> => "selector", _ => "placement" }),
        resource switch
        {
            Resource<DeviceSpec> device => $"node: {device.Spec.Node}",
            Resource<NodeGroupSpec> group => Words.Of(group.Spec.Selector),
            Resource<FleetSpec> => "every node",
            _ => Words.Of(Units.PlacementOf(resource)!),
        });

    private static Origin At(Resource resource) => new(resource.Span, Words.Of(resource), "");

    private string HowToAsk() =>
        $"ask for {_plan.Name}/values.PATH or {_plan.Name}/UNIT.FIELD; its units are " +
        $"[{string.Join(", ", _plan.Resources.Select(r => Units.IdOf(r)))}]";
}
