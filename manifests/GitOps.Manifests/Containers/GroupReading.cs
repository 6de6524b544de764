using System.Collections.Immutable;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Manifests.Rules;
using GitOps.Manifests.Shapes;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Containers;

/// <summary>
/// A Pod or Compose file as a node receives it. <paramref name="Group"/> is null exactly when there is an error;
/// <paramref name="Claims"/> are ports of the node, <paramref name="Volumes"/> the Volumes it mounts.
/// </summary>
public sealed record GroupReading(
    ContainerGroupSpec? Group,
    ImmutableArray<(NodeClaim Claim, SourceSpan Span)> Claims,
    ImmutableArray<(string Name, SourceSpan Span)> Volumes);

/// <summary>What a group needs from outside of its own files.</summary>
public interface IGroupSurroundings
{
    /// <summary>A file of the repository, by its path from the root.</summary>
    SourceFile? File(string path);

    /// <summary>Whether the fleet has a Volume of this name.</summary>
    bool HasVolume(string name);

    EquatableArray<ContentPart> Text(string text);

    EquatableArray<ContentPart> Bytes(ReadOnlyMemory<byte> bytes);

    /// <summary>The key of a Secret of the fleet; null when there is none.</summary>
    EquatableArray<ContentPart>? Secret(string name, string key, SourceSpan span);
}

/// <summary>What pods and Compose files have in common while they are read.</summary>
internal sealed class GroupBuilder(IGroupSurroundings surroundings, FindingList findings)
{
    private readonly ImmutableArray<(NodeClaim, SourceSpan)>.Builder _claims = ImmutableArray.CreateBuilder<(NodeClaim, SourceSpan)>();
    private readonly List<(string Container, ContainerPort Port)> _ports = [];
    private readonly ImmutableArray<(string, SourceSpan)>.Builder _volumes = ImmutableArray.CreateBuilder<(string, SourceSpan)>();

    public IGroupSurroundings Surroundings => surroundings;

    public FindingList Findings => findings;

    public void Unknown(SourceSpan span, string what, string written, IEnumerable<string> known, string otherwise) =>
        findings.Error(ManifestCodes.UnknownReference, span, what,
            Spelling.Nearest(written, known) is { } near ? $"did you mean '{near}'?" : otherwise);

    public void CheckImage(string container, Located image)
    {
        var at = image.Text.LastIndexOf("@sha256:", StringComparison.Ordinal);
        if (at > 0 && Digest.TryParse(image.Text[(at + 1)..], out _))
        {
            return;
        }

        var repository = at > 0 ? image.Text[..at] : image.Text;
        var colon = repository.LastIndexOf(':');
        var hasTag = colon > repository.LastIndexOf('/');
        var tag = hasTag ? repository[(colon + 1)..] : "latest";
        findings.Error(ManifestCodes.ImageNotPinned, image.Span,
            at > 0 ? $"the digest of the image of container '{container}' is none"
                : $"container '{container}' uses the tag '{Excerpt.Of(tag)}', which can change without a commit",
            $"pin a digest: image: {Excerpt.Of(hasTag ? repository[..colon] : repository)}@sha256:<digest>");
    }

    /// <summary>Claims what is the node's, and finds two containers that listen on one port of the group.</summary>
    public void AddPort(string container, ContainerPort port, SourceSpan span)
    {
        var other = _ports.Find(known => known.Port.Port == port.Port && known.Port.Protocol == port.Protocol);
        if (other.Container is { } name && name != container)
        {
            findings.Error(ManifestCodes.GroupClash, span,
                $"'{container}' and '{name}' both listen on port {port.Port}, and share one network",
                "let one of them listen on another port, or make it a Workload of its own");
        }
        else if (port.HostPort is { } host && _ports.Exists(known =>
            known.Port.HostPort == host && known.Port.Protocol == port.Protocol && known.Port != port))
        {
            findings.Error(ManifestCodes.GroupClash, span, $"the port {host} of the node is taken twice in this group", "use another port");
        }

        _ports.Add((container, port));
        if (port.HostPort is { } number)
        {
            _claims.Add((port.Protocol == PortProtocol.Udp ? new NodeClaim.UdpPort(number) : new NodeClaim.Port(number), span));
        }
    }

    /// <summary>A Volume of the fleet as a volume of the group.</summary>
    public GroupVolume UseVolume(string name, string volume, SourceSpan span)
    {
        if (!surroundings.HasVolume(volume))
        {
            findings.Error(ManifestCodes.UnknownReference, span, $"there is no Volume '{Excerpt.Of(volume)}'",
                $"write one, so that its place, size and fate are said: kind: Volume, metadata: {{name: {Excerpt.Of(volume)}}}");
        }

        _volumes.Add((volume, span));
        return new GroupVolume(name) { Unit = volume };
    }

    public EquatableArray<ContentPart> SecretOf(string name, string key, SourceSpan span)
    {
        if (surroundings.Secret(name, key, span) is { } parts)
        {
            return parts;
        }

        findings.Error(ManifestCodes.UnknownReference, span, $"there is no Secret '{Excerpt.Of(name)}' with the key '{Excerpt.Of(key)}'",
            "write it as a resource of this fleet (kind: Secret), which says where it lies on the node; Git holds no secret");
        return [];
    }

    public GroupReading ToReading(ContainerGroupSpec? group, int errorsBefore) =>
        new(findings.Errors == errorsBefore ? group : null, _claims.DrainToImmutable(), _volumes.DrainToImmutable());
}

/// <summary>Trees of foreign files.</summary>
internal static class ForeignTree
{
    /// <summary>Without what is null, which both formats read as not written, and without Compose's <c>x-</c> fields.</summary>
    public static YamlNode Clean(YamlNode node, bool dropExtensions) => node switch
    {
        YamlNode.Mapping mapping => mapping with
        {
            Entries = [.. mapping.Entries
                .Where(entry => !Nodes.IsNull(entry.Value) && !(dropExtensions && entry.Key.StartsWith("x-", StringComparison.Ordinal)))
                // A variable without a value means something in Compose: it is taken from the environment.
                .Select(entry => dropExtensions && entry.Key == "environment" ? entry : entry with { Value = Clean(entry.Value, dropExtensions) })],
        },
        YamlNode.Sequence sequence => sequence with { Items = [.. sequence.Items.Select(item => Clean(item, dropExtensions))] },
        _ => node,
    };

    /// <summary>Binds what is no template any more.</summary>
    public static T? Bind<T>(Shape<T> shape, YamlNode node, string field, FindingList findings)
        where T : class
    {
        var context = new BindContext(BindMode.Rendered, findings) { Field = field };
        return shape.TryBind(node, context, out var bound) ? bound : null;
    }
}
