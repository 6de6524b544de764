using System.Collections.Immutable;
using GitOps.Manifests;
using GitOps.Manifests.State;

namespace GitOps.ControlPlane.Git;

/// <summary>
/// A folder of a revision, read. Kept from one revision to the next: a folder with the same tree id holds the same, so only
/// what a commit touched is read again.
/// </summary>
/// <param name="Path">Relative to the root; empty for the root.</param>
/// <param name="Findings">About the names and sizes in this very folder.</param>
public sealed record SourceFolder(
    string Path, string TreeId, ImmutableArray<SourceFile> Files, ImmutableArray<SourceFolder> Folders, ImmutableArray<Finding> Findings)
{
    /// <summary>Files in it and below.</summary>
    public int Count { get; } = Files.Length + Folders.Sum(folder => folder.Count);

    /// <summary>Bytes of them.</summary>
    public long SizeBytes { get; } = Files.Sum(file => (long)file.Bytes.Length) + Folders.Sum(folder => folder.SizeBytes);

    public IEnumerable<SourceFile> AllFiles() => Files.Concat(Folders.SelectMany(folder => folder.AllFiles()));

    /// <summary>Folders without any are not looked into.</summary>
    public IEnumerable<Finding> AllFindings() =>
        HasFindings ? Findings.Concat(Folders.SelectMany(folder => folder.AllFindings())) : [];

    /// <summary>Files that were added, changed or removed, by path; equal subtrees are not looked into.</summary>
    public static IEnumerable<SourceChange> Changes(SourceFolder? old, SourceFolder? next)
    {
        if (old?.TreeId == next?.TreeId)
        {
            return [];
        }

        var files = Pairs(old?.Files, next?.Files, file => file.Path)
            .Where(pair => pair.Old?.BlobId != pair.Next?.BlobId)
            .Select(pair => new SourceChange((pair.Next ?? pair.Old)!.Path, pair.Next));
        var below = Pairs(old?.Folders, next?.Folders, folder => folder.Path).SelectMany(pair => Changes(pair.Old, pair.Next));
        return files.Concat(below).OrderBy(change => change.Path, StringComparer.Ordinal);
    }

    private bool HasFindings { get; } = Findings.Length > 0 || Folders.Any(folder => folder.HasFindings);

    private static IEnumerable<(T? Old, T? Next)> Pairs<T>(ImmutableArray<T>? old, ImmutableArray<T>? next, Func<T, string> path)
        where T : class
    {
        var before = (old ?? []).ToDictionary(path, StringComparer.Ordinal);
        foreach (var item in next ?? [])
        {
            before.Remove(path(item), out var same);
            yield return (same, item);
        }

        foreach (var gone in before.Values)
        {
            yield return (gone, null);
        }
    }
}
