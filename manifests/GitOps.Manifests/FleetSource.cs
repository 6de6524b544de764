using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;

namespace GitOps.Manifests;

/// <summary>A whole source tree: every file of one revision, by its path relative to the repository's root.</summary>
public sealed class FleetSource
{
    private readonly FrozenDictionary<string, SourceFile> _byPath;

    public FleetSource(IEnumerable<SourceFile> files)
    {
        _byPath = files.ToFrozenDictionary(file => file.Path, StringComparer.Ordinal);
        Files = [.. _byPath.Values.OrderBy(file => file.Path, StringComparer.Ordinal)];
    }

    /// <summary>Sorted by path (ordinal).</summary>
    public IReadOnlyList<SourceFile> Files { get; }

    public bool TryGet(string path, [NotNullWhen(true)] out SourceFile? file) => _byPath.TryGetValue(path, out file);
}
