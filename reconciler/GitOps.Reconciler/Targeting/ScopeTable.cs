using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Runtime.CompilerServices;
using System.Text.Json;
using GitOps.Bundles;
using GitOps.Bundles.Json;
using GitOps.Manifests;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.State;
using GitOps.Manifests.Targeting;
using GitOps.Reconciler.Rendering;

namespace GitOps.Reconciler.Targeting;

/// <summary>
/// Makes what templates see. Values are merged once for all nodes of one site and the same groups that have none of their
/// own: that is nearly all of a large fleet. Kept from revision to revision.
/// </summary>
internal sealed class ScopeTable(FleetState fleet)
{
    private readonly ConcurrentDictionary<(Resource<SiteSpec>? Site, ResourceSet Groups), RenderScope> _shared = new(ByReference.Instance);
    private FrozenDictionary<string, KnownSecret> _secrets = FrozenDictionary<string, KnownSecret>.Empty;
    private HashSet<string> _ciphertexts = [];

    /// <summary>The Fleet as templates see it: another object only where they see something else.</summary>
    public Resource<FleetSpec>? Fleet { get; private set; }

    /// <summary>Takes over what a revision changed.</summary>
    /// <param name="paths">The files that are not as they were.</param>
    /// <returns>Whether what Git holds about secrets is not as it was.</returns>
    public bool Apply(IReadOnlyList<ResourceChange> changes, IEnumerable<string> paths)
    {
        var secrets = (changes.Any(change => change.Kind == ResourceKind.Secret) || paths.Any(_ciphertexts.Contains)) && TakeSecrets();
        var isFleetOther = !FleetState.SameForTemplates(Fleet, fleet.Manifest.Fleet);
        if (isFleetOther)
        {
            Fleet = fleet.Manifest.Fleet;
        }

        if (isFleetOther || secrets)
        {
            _shared.Clear();
        }
        else if (changes.Any(change => change.Kind is ResourceKind.Site or ResourceKind.NodeGroup))
        {
            foreach (var key in _shared.Keys.Where(key => !key.Groups.IsUsed || (key.Site is { } site && fleet.Find(site.Kind, site.Name) != (object)site)))
            {
                _shared.TryRemove(key, out _);
            }
        }

        return secrets;
    }

    /// <summary>What templates see that do not look at <c>node</c>.</summary>
    public RenderScope Shared(PlacedNode node, Resource<SiteSpec>? site) => HasOwnValues(node)
        ? Make(node, site)
        : _shared.TryGetValue((site, node.Groups), out var known) ? known : _shared.GetOrAdd((site, node.Groups), Make(node, site));

    /// <summary>What its templates see is for this node alone.</summary>
    public static bool HasOwnValues(PlacedNode node) => !node.Target.Resource.Spec.Values.Entries.IsEmpty;

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

    private RenderScope Make(PlacedNode node, Resource<SiteSpec>? site) =>
        Make(Fleet, site, node.Groups.Items.OfType<Resource<NodeGroupSpec>>(), node.Target.Resource.Spec, _secrets);

    private bool TakeSecrets()
    {
        var next = KnownSecrets(fleet.Manifest);
        _ciphertexts = fleet.Manifest.Secrets.Select(secret => secret.Spec.Ciphertext?.Path).OfType<string>().ToHashSet(StringComparer.Ordinal);
        if (next.Count == _secrets.Count && next.All(secret => _secrets.TryGetValue(secret.Key, out var before) && before == secret.Value))
        {
            return false;
        }

        _secrets = next;
        return true;
    }

    /// <summary>What Git holds about the secrets of a fleet.</summary>
    public static FrozenDictionary<string, KnownSecret> KnownSecrets(FleetManifest manifest) =>
        manifest.Secrets.ToFrozenDictionary(secret => secret.Name, secret => Known(secret.Spec, manifest.Source), StringComparer.Ordinal);

    /// <summary>What templates see on a node that do not look at <c>node</c>.</summary>
    public static RenderScope Make(
        Resource<FleetSpec>? fleet, Resource<SiteSpec>? site, IEnumerable<Resource<NodeGroupSpec>> groups, EdgeNodeSpec node,
        FrozenDictionary<string, KnownSecret> secrets)
    {
        var values = MergedValues.For(fleet?.Spec, site?.Spec, groups, node);
        var variables = new ValueObject("the template's scope",
        [
            new("values", ValueObject.Of("values", values)),
            new("site", Site(site)),
            new("fleet", new ValueObject("fleet", [new("name", fleet?.Name)])),
        ]);
        return new RenderScope(values, variables, secrets);
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
    private static KnownSecret Known(SecretSpec secret, FleetSource source)
    {
        var keys = secret.KeysIn(source);
        if (secret.Ciphertext is { } ciphertext)
        {
            return new KnownSecret(keys, File: null, IsDirectory: false, SealedSource.VersionOf(ciphertext, source));
        }

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

    /// <summary>Records compare by value; here only the very same object is the same.</summary>
    private sealed class ByReference : IEqualityComparer<(Resource<SiteSpec>? Site, ResourceSet Groups)>
    {
        public static readonly ByReference Instance = new();

        public bool Equals((Resource<SiteSpec>? Site, ResourceSet Groups) x, (Resource<SiteSpec>? Site, ResourceSet Groups) y) =>
            ReferenceEquals(x.Site, y.Site) && ReferenceEquals(x.Groups, y.Groups);

        public int GetHashCode((Resource<SiteSpec>? Site, ResourceSet Groups) obj) =>
            HashCode.Combine(obj.Site is { } site ? RuntimeHelpers.GetHashCode(site) : 0, RuntimeHelpers.GetHashCode(obj.Groups));
    }
}
