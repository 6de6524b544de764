using System.Collections.Frozen;
using System.Text.Json;
using GitOps.Bundles;
using GitOps.Bundles.Json;
using GitOps.Manifests;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Targeting;
using GitOps.Reconciler.Rendering;

namespace GitOps.Reconciler.Targeting;

/// <summary>
/// Makes what templates see. Values are merged once for all nodes of one site and the same groups that have none of their
/// own: that is nearly all of a large fleet.
/// </summary>
internal sealed class NodeScopes
{
    private readonly Dictionary<string, List<Resource<NodeGroupSpec>>> _groups;
    private readonly Dictionary<string, RenderScope> _shared = new(StringComparer.Ordinal);
    private readonly FrozenDictionary<string, KnownSecret> _secrets;
    private readonly FleetManifest _manifest;

    public NodeScopes(FleetManifest manifest)
    {
        _manifest = manifest;
        _secrets = manifest.Secrets.ToFrozenDictionary(secret => secret.Name, secret => Known(secret.Spec), StringComparer.Ordinal);
        _groups = manifest.NodeIndex.Nodes.ToDictionary(node => node.Name, _ => new List<Resource<NodeGroupSpec>>(), StringComparer.Ordinal);
        foreach (var group in manifest.Groups)
        {
            foreach (var node in manifest.NodeIndex.Select(group.Spec.Selector))
            {
                _groups[node.Name].Add(group);
            }
        }
    }

    public RenderScope Shared(TargetNode node, Resource<SiteSpec>? site)
    {
        var groups = _groups[node.Name];
        if (!node.Resource.Spec.Values.Entries.IsEmpty)
        {
            return Make(node, site, groups);
        }

        // Names are labels, so neither separator can be part of one.
        var key = $"{site?.Name}|{string.Join(',', groups.Select(group => group.Name))}";
        if (!_shared.TryGetValue(key, out var scope))
        {
            _shared.Add(key, scope = Make(node, site, groups));
        }

        return scope;
    }

    /// <summary>The same, with <c>node</c>.</summary>
    public static RenderScope ForNode(RenderScope shared, TargetNode node) => shared with
    {
        Variables = shared.Variables.With("node", new ValueObject("node",
        [
            new("name", node.Name),
            new("architecture", NodeLabels.NameOf(node.Resource.Spec.Architecture)),
            new("labels", new ValueObject("node.labels",
                [.. node.Labels.All.OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => KeyValuePair.Create(l.Key, (object?)l.Value))])),
            new("capabilities", ScriptValue.List(node.Resource.Spec.Capabilities)),
        ])),
    };

    private RenderScope Make(TargetNode node, Resource<SiteSpec>? site, List<Resource<NodeGroupSpec>> groups)
    {
        var values = MergedValues.For(_manifest.Fleet?.Spec, site?.Spec, groups, node.Resource.Spec);
        var variables = new ValueObject("the template's scope",
        [
            new("values", ValueObject.Of("values", values)),
            new("site", Site(site)),
            new("fleet", new ValueObject("fleet", [new("name", _manifest.Fleet?.Name)])),
        ]);
        return new RenderScope(values, variables, _secrets);
    }

    private static ValueObject Site(Resource<SiteSpec>? site)
    {
        List<KeyValuePair<string, object?>> members = [];
        if (site is not null)
        {
            members.Add(new("name", site.Name));
        }

        if (site?.Spec.TimeZone is { } zone)
        {
            members.Add(new("timeZone", zone));
        }

        if (site?.Spec.Coordinates is { } place)
        {
            members.Add(new("coordinates", new ValueObject("site.coordinates",
                [new("latitude", place.Latitude), new("longitude", place.Longitude)])));
        }

        return new ValueObject("site", members);
    }

    /// <summary>Placement is left out: moving a secret does not change it.</summary>
    private static KnownSecret Known(SecretSpec secret)
    {
        var keys = secret.Keys.IsEmpty ? [SecretSpec.SingleKey] : secret.Keys;
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("file", secret.File);
            json.WriteString("version", secret.Version);
            json.WriteStartArray("keys");
            foreach (var key in keys.Order(StringComparer.Ordinal))
            {
                json.WriteStringValue(key);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        using var document = JsonDocument.Parse(buffer.ToArray());
        return new KnownSecret(keys, secret.File, IsDirectory: !secret.Keys.IsEmpty, Digest.Of(CanonicalJson.Write(document.RootElement)));
    }
}
