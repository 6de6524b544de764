using GitOps.Bundles;

namespace GitOps.Reconciler.Diffing;

/// <summary>Nodes that change in the same way, so that a person reads it once. Names are sorted.</summary>
public sealed record AlikeNodes(
    DiffKind Kind, EquatableArray<UnitDiff> Units, EquatableArray<UnitId> Restarts, EquatableArray<NodeDiff> Nodes)
{
    public IEnumerable<string> Names => Nodes.Select(node => node.Node);

    /// <summary>Bytes that a node has to fetch: the least and the most of any of them.</summary>
    public (long Least, long Most) FetchBytes => (Nodes.Min(n => n.FetchBytes), Nodes.Max(n => n.FetchBytes));

    public static IEnumerable<AlikeNodes> Of(FleetDiff diff) => diff.Nodes
        .GroupBy(node => (node.Kind, node.Units, node.Restarts))
        .Select(g => new AlikeNodes(g.Key.Kind, g.Key.Units, g.Key.Restarts, g.ToEquatableArray()));

    /// <summary><c>press-1, press-2 and 8 more nodes</c>.</summary>
    public string Title(int shown)
    {
        var names = string.Join(", ", Names.Take(shown));
        return Nodes.Count > shown ? $"{names} and {Nodes.Count - shown} more nodes" : names;
    }

    public string FetchText() => FetchBytes is var (least, most) && least == most
        ? ByteSize.Of(most)
        : $"{ByteSize.Of(least)} to {ByteSize.Of(most)}";

    /// <summary>Images that any of the nodes pulls, each with its size where it is known for all of them.</summary>
    public IEnumerable<string> ImageTexts() => Nodes.SelectMany(node => node.Images)
        .GroupBy(image => image.Image, StringComparer.Ordinal)
        .OrderBy(g => g.Key, StringComparer.Ordinal)
        .Select(g => $"{g.Key} ({(g.All(i => i.Bytes is not null) ? ByteSize.Of(g.Max(i => i.Bytes!.Value)) : "size unknown")})");
}
