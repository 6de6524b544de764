using System.Text.Json;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Reconciler.Compile;

namespace GitOps.Reconciler.Diffing;

/// <summary>Compares bundles; pairs that occur on many nodes are compared once.</summary>
internal sealed class BundleComparison(FleetBundles? before, FleetBundles after, ImageSizes sizes)
{
    private readonly ContentText _oldContents = new(before);
    private readonly ContentText _newContents = new(after);
    private readonly Dictionary<(Digest?, Digest?, EquatableArray<UnitMove>), (EquatableArray<UnitDiff> Units, long FetchBytes, EquatableArray<string> Images)> _known = [];

    public NodeDiff Compare(string node, DiffKind kind, NodeBundle? old, NodeBundle? now)
    {
        var moves = now?.Moves ?? [];
        var key = (old?.Digest, now?.Digest, moves);
        if (!_known.TryGetValue(key, out var compared))
        {
            _known.Add(key, compared = (Units(old, now, moves), FetchBytes(old, now), NewImages(old, now)));
        }

        return new NodeDiff(node, kind, old?.Digest, now?.Digest, compared.Units, Restarts(compared.Units, now))
        {
            FetchBytes = compared.FetchBytes,
            Images = compared.Images.Select(image => new ImagePull(image, sizes.Of(new(image, now!.Target.Resource.Spec.Architecture)))).ToEquatableArray(),
        };
    }

    private static EquatableArray<string> NewImages(NodeBundle? old, NodeBundle? now) =>
        (now is null ? [] : Images(now)).Except(old is null ? [] : Images(old), StringComparer.Ordinal).Order(StringComparer.Ordinal).ToEquatableArray();

    private static IEnumerable<string> Images(NodeBundle node) => node.Bundle.Units.Select(unit => unit.Spec).OfType<WorkloadSpec>()
        .Where(workload => workload.Containers is not null)
        .SelectMany(workload => workload.Containers!.Init.Concat(workload.Containers.Containers))
        .Select(container => container.Image);

    private static long FetchBytes(NodeBundle? old, NodeBundle? now) =>
        now is null ? 0 : now.Bytes.Length + Blobs(now).Except(old is null ? [] : Blobs(old)).Sum(blob => blob.SizeBytes);

    private static IEnumerable<ContentPart.Blob> Blobs(NodeBundle node) =>
        node.Bundle.Units.SelectMany(unit => unit.Spec.Contents()).SelectMany(content => content).OfType<ContentPart.Blob>();

    private EquatableArray<UnitDiff> Units(NodeBundle? old, NodeBundle? now, EquatableArray<UnitMove> moves)
    {
        using var oldJson = JsonDocument.Parse(old?.Bytes ?? Bundle.Empty.ToBytes());
        using var newJson = JsonDocument.Parse(now?.Bytes ?? Bundle.Empty.ToBytes());
        var olds = ById(oldJson);
        var news = ById(newJson);
        List<UnitDiff> diffs = [];
        foreach (var (id, unit) in news)
        {
            // A move that happened in an earlier revision has nothing left to move.
            var from = moves.FirstOrDefault(move => move.To == id && olds.ContainsKey(move.From) && !olds.ContainsKey(id)) is { From.Kind: not null } move
                ? move.From
                : (UnitId?)null;
            if (!olds.Remove(from ?? id, out var previous))
            {
                diffs.Add(new UnitDiff(id, DiffKind.Added, null, []));
                continue;
            }

            var fields = new FieldComparison(_oldContents, _newContents).Compare(previous, unit);
            if (!fields.IsEmpty || from is not null)
            {
                diffs.Add(new UnitDiff(id, DiffKind.Changed, from, fields));
            }
        }

        diffs.AddRange(olds.Keys.Select(id => new UnitDiff(id, DiffKind.Removed, null, [])));
        return diffs.OrderBy(diff => diff.Unit).ToEquatableArray();
    }

    private static SortedDictionary<UnitId, JsonElement> ById(JsonDocument bundle)
    {
        SortedDictionary<UnitId, JsonElement> units = [];
        foreach (var unit in bundle.RootElement.GetProperty("units").EnumerateArray())
        {
            units.Add(new UnitId(unit.GetProperty("kind").GetString()!, unit.GetProperty("name").GetString()!), unit);
        }

        return units;
    }

    /// <summary>Workloads whose spec changes, and those that a changed file restarts; the agent when it is to be another one.</summary>
    private static EquatableArray<UnitId> Restarts(EquatableArray<UnitDiff> units, NodeBundle? now)
    {
        if (now is null)
        {
            return [];
        }

        var changed = units.Where(unit => unit.Kind == DiffKind.Changed && unit.Unit.Kind == UnitKinds.Workload &&
            (unit.From is not null || unit.Fields.Any(field => field.Path.StartsWith("spec.", StringComparison.Ordinal)))).Select(unit => unit.Unit);
        var written = units
            .Where(unit => unit.Kind == DiffKind.Added || unit.Fields.Any(field => field.Lines is not null))
            .Select(unit => unit.Unit).ToHashSet();
        var byFile = now.Bundle.Units.Where(unit => written.Contains(unit.Id)).Select(unit => unit.Spec).OfType<FileSpec>()
            .SelectMany(file => file.Restart);
        var started = units.Where(unit => unit.Kind == DiffKind.Added).Select(unit => unit.Unit).ToHashSet();
        var agent = units.Where(unit => unit.Unit == AgentSpec.Self && unit.Kind != DiffKind.Removed).Select(unit => unit.Unit);
        return changed.Concat(byFile).Where(id => !started.Contains(id)).Concat(agent).Distinct().Order().ToEquatableArray();
    }
}
