namespace GitOps.Manifests.State;

/// <summary>One file that is not as it was. <paramref name="Next"/> is null when it is gone.</summary>
public sealed record SourceChange(string Path, SourceFile? Next)
{
    /// <summary>What leads from nothing to a tree.</summary>
    public static IReadOnlyList<SourceChange> From(IEnumerable<SourceFile> files) => [.. files.Select(file => new SourceChange(file.Path, file))];

    /// <summary>What leads from one tree to another. Files with one blob id, or with the same bytes, are the same.</summary>
    public static IReadOnlyList<SourceChange> Between(FleetSource old, IEnumerable<SourceFile> next)
    {
        List<SourceChange> changes = [];
        var kept = new HashSet<string>(StringComparer.Ordinal);
        foreach (var file in next)
        {
            kept.Add(file.Path);
            if (!old.TryGet(file.Path, out var before) || !IsSame(before, file))
            {
                changes.Add(new(file.Path, file));
            }
        }

        changes.AddRange(old.Files.Where(file => !kept.Contains(file.Path)).Select(file => new SourceChange(file.Path, null)));
        return changes;
    }

    private static bool IsSame(SourceFile left, SourceFile right) =>
        left.BlobId is not null && right.BlobId is not null
            ? left.BlobId == right.BlobId
            : left.Bytes.Span.SequenceEqual(right.Bytes.Span);
}

/// <summary>
/// A resource that counts under its kind and name (of several, the first), before and after; one of the two may be absent.
/// </summary>
public sealed record ResourceChange(Kinds.Resource? Old, Kinds.Resource? Next)
{
    public Kinds.ResourceKind Kind => (Next ?? Old)!.Kind;

    public string Name => (Next ?? Old)!.Name;
}

/// <summary>What one revision changed in the fleet as understood.</summary>
/// <param name="Paths">Files that are not as they were.</param>
/// <param name="Nodes">Nodes that are new, gone, or see something else: their own manifest, their site, the fleet, a group or what is placed on them.</param>
public sealed record FleetDelta(
    IReadOnlyCollection<string> Paths, IReadOnlyList<ResourceChange> Resources, IReadOnlySet<string> Nodes);
