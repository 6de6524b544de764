using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using GitOps.Manifests.State;

namespace GitOps.Manifests;

/// <summary>A whole source tree: every file of one revision, by its path relative to the repository's root.</summary>
public sealed class FleetSource
{
    public static readonly FleetSource Empty = new(ImmutableSortedDictionary.Create<string, SourceFile>(StringComparer.Ordinal));
    private readonly ImmutableSortedDictionary<string, SourceFile> _byPath;

    public FleetSource(IEnumerable<SourceFile> files)
        : this(files.ToImmutableSortedDictionary(file => file.Path, file => file, StringComparer.Ordinal))
    {
    }

    private FleetSource(ImmutableSortedDictionary<string, SourceFile> byPath) => _byPath = byPath;

    /// <summary>Sorted by path (ordinal).</summary>
    public IEnumerable<SourceFile> Files => _byPath.Values;

    public int Count => _byPath.Count;

    public bool TryGet(string path, [NotNullWhen(true)] out SourceFile? file) => _byPath.TryGetValue(path, out file);

    /// <summary>The tree with some files replaced, added or gone; costs what they are, not what the tree is.</summary>
    public FleetSource With(IEnumerable<SourceChange> changes)
    {
        var files = _byPath.ToBuilder();
        foreach (var (path, next) in changes)
        {
            if (next is null)
            {
                files.Remove(path);
            }
            else
            {
                files[path] = next;
            }
        }

        return new(files.ToImmutable());
    }
}
