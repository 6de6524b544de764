using GitOps.Bundles.Units;
using GitOps.Manifests.Shapes;
using GitOps.Manifests.Targeting;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Kinds;

/// <summary>What a VolumeSync says of nodes that have a folder alike.</summary>
internal static class ReplicaShapes
{
    private const int MostPeers = 32;

    private static readonly Shape<string> Id = Scalars.OfText("replica id", "the id of a node among replicas",
        "write what 'gitops-agent storage replica-id' prints on that node",
        ReplicaId.IsValid, new(ScalarTypes.String) { Example = "NNJIOTN-IRJPI6O-FLNZZUR-BMPZE6H-4JTOHEX-NKOM2IU-JBJQYEZ-ECPIRQP" });

    private static readonly Shape<ReplicaPeer> Peer = new ObjectShape<ReplicaPeer>("peer", f => new(
        f.Required("node", Scalars.Name, "an EdgeNode", literal: true),
        f.Required("id", Id, "what `gitops-agent storage replica-id` prints on it; a machine with another one is not let in", literal: true),
        f.Required("address", Scalars.Host, "a name or an address that the others reach it at; at an address it listens there only", literal: true)));

    public static readonly Shape<ReplicaGroup> Nodes = new ObjectShape<ReplicaGroup>("nodes", f => new ReplicaGroup
    {
        Port = f.Default("port", Scalars.Port, 22_000, "where each of them listens, for TCP", literal: true),
        Source = f.Optional("source", Scalars.Name, "the node whose changes count; otherwise those of each", literal: true),
        KeepReplaced = f.Default("keepReplaced", Scalars.Bool, false,
            "what is replaced or deleted because another node said so is kept in FOLDER.replaced beside the folder", literal: true),
        Peers = f.Required("peers", new ListShape<ReplicaPeer>(Peer, key: peer => peer.Node), "all of them, the node itself too", literal: true),
    });

    public static void Check(VolumeSyncSpec sync, YamlNode.Mapping node, FindingList findings)
    {
        var group = sync.Remote?.Nodes;
        if (sync.Mode == SyncMode.Replicate != group is not null && node.TryGet("remote", out var remote))
        {
            findings.Error(ManifestCodes.ExclusiveFields, remote.Span, group is null ? "'mode: replicate' is about nodes" : "'nodes' are about 'mode: replicate'",
                group is null ? "write 'remote: {nodes: …}', or another mode" : "write 'mode: replicate', or another remote");
        }

        if (sync.Mode != SyncMode.Replicate)
        {
            return;
        }

        if (!node.TryGet("folder", out _))
        {
            findings.Error(ManifestCodes.MissingField, node.Span, "'mode: replicate' is about one folder, and there is no 'folder'", "add 'folder: <name>'");
        }

        foreach (var name in (string[])["onConflict", "deletes", "timeLimit"])
        {
            if (node.TryGet(name, out var other))
            {
                findings.Error(ManifestCodes.ExclusiveFields, other.Span,
                    $"'{name}' is about runs between two sides; replicas are kept alike all the time, and no version of a conflict is lost", "remove it");
            }
        }

        if (group is not null && WhyNot(sync.Placement, group) is { } why)
        {
            findings.Error(ManifestCodes.Replicas, node.Span, why.What, why.Fix);
        }
    }

    private static (string What, string Fix)? WhyNot(Placement placement, ReplicaGroup group)
    {
        var peers = group.Peers.Select(peer => peer.Node).ToList();
        if (placement is not Placement.Nodes(var placed))
        {
            return ("replicas are placed by the names of their nodes: each is declared with an id and an address", $"write 'placement: {{nodes: [{string.Join(", ", peers)}]}}'");
        }

        var (missing, extra) = (placed.Except(peers).Order(StringComparer.Ordinal).ToList(), peers.Except(placed).Order(StringComparer.Ordinal).ToList());
        return missing.Count > 0 ? ($"{string.Join(", ", missing)} {(missing.Count == 1 ? "is" : "are")} placed and no peer", "add them to 'peers', or take them out of 'placement'")
            : extra.Count > 0 ? ($"{string.Join(", ", extra)} {(extra.Count == 1 ? "is a peer" : "are peers")} and not placed", "add them to 'placement', or take them out of 'peers'")
            : peers.Count is < 2 or > MostPeers ? ($"the number of peers is {peers.Count}, and each is connected with each of the others", $"name 2 to {MostPeers} nodes")
            : group.Peers.GroupBy(peer => peer.Id, StringComparer.Ordinal).FirstOrDefault(same => same.Count() > 1)?.Key is { } id ? ($"two peers have the id {id}", "write what 'gitops-agent storage replica-id' prints on each of the nodes")
            : group.Source is { } source && !peers.Contains(source) ? ($"the source '{source}' is no peer", "write the name of one of the peers")
            : null;
    }
}
