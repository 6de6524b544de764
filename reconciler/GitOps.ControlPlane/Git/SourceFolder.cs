using System.Collections.Immutable;
using GitOps.Manifests;

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
    public IEnumerable<SourceFile> AllFiles() => Files.Concat(Folders.SelectMany(folder => folder.AllFiles()));

    public IEnumerable<Finding> AllFindings() => Findings.Concat(Folders.SelectMany(folder => folder.AllFindings()));

    /// <summary>Paths of files that were added, changed or removed, in order; equal subtrees are not looked into.</summary>
    public static IEnumerable<string> Changes(SourceFolder? old, SourceFolder? next)
    {
        if (old?.TreeId == next?.TreeId)
        {
            return [];
        }

        var files = Pairs(old?.Files, next?.Files, file => file.Path)
            .Where(pair => pair.Old?.BlobId != pair.Next?.BlobId)
            .Select(pair => (pair.Next ?? pair.Old)!.Path);
        var below = Pairs(old?.Folders, next?.Folders, folder => folder.Path).SelectMany(pair => Changes(pair.Old, pair.Next));
        return files.Concat(below).Order(StringComparer.Ordinal);
    }

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
