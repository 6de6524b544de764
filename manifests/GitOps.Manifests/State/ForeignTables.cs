using GitOps.Manifests.Foreign;
using GitOps.Manifests.Kinds;

namespace GitOps.Manifests.State;

/// <summary>
/// What the files of other systems and the DeviceImports make together: as if somebody had written the DeviceModels and Devices
/// into one more file. Made anew when one of them changes, or the names of nodes; the very resources of before stay where they
/// say the same.
/// </summary>
internal sealed class ForeignTables
{
    // NUL is in no path and sorts before everything.
    private const string Key = "\0foreign";

    private readonly SortedDictionary<string, ParsedFile> _files = new(StringComparer.Ordinal);
    private readonly SortedDictionary<SourceSpan, Resource> _imports = [];
    private ParsedFile? _made;
    private bool _wasWhole = true;

    /// <param name="changed">What files say, before and after.</param>
    /// <param name="isWhole">Nothing is missing because it could not be read.</param>
    /// <param name="manifests">All files, for the names of nodes; looked at only where a device of KubeEdge names one.</param>
    public IEnumerable<(string Key, ParsedFile? Next)> Apply(
        IReadOnlyList<FileChange> changed, bool isWhole, Func<IEnumerable<ParsedFile>> manifests)
    {
        var isStale = false;
        foreach (var file in changed)
        {
            isStale |= Note(file);
        }

        isStale |= isWhole != _wasWhole;
        _wasWhole = isWhole;
        if (!isStale || (_made is null && _files.Count == 0 && _imports.Count == 0))
        {
            return [];
        }

        var findings = new FindingList();
        var nodes = NamesNodes ? manifests().SelectMany(file => file.Resources).Where(resource => resource.Kind == ResourceKind.EdgeNode) : [];
        var resources = ForeignFleet.Resolve([.. _files.Values.SelectMany(file => file.Foreign)], [.. _imports.Values, .. nodes], isWhole, findings);
        var next = new ParsedFile(Key, [.. resources],
            [.. resources.Select(resource => new Declaration(resource.Kind, resource.Name, resource.Span))], IsWhole: true, findings.ToSorted());
        _made = FileChange.Reuse(_made, next);
        return [(Key, _made)];
    }

    private bool Note(FileChange file)
    {
        var isForeign = false;
        if (file.Old is { Foreign.IsEmpty: false } old)
        {
            _files.Remove(old.Path);
            isForeign = true;
        }

        if (file.Next is { Foreign.IsEmpty: false } next)
        {
            _files[next.Path] = next;
            isForeign = true;
        }

        foreach (var removed in file.RemovedResources.OfType<Resource<DeviceImportSpec>>())
        {
            isForeign |= _imports.Remove(removed.Span);
        }

        foreach (var added in file.AddedResources.OfType<Resource<DeviceImportSpec>>())
        {
            _imports[added.Span] = added;
            isForeign = true;
        }

        return isForeign || (NamesNodes && file.RemovedResources.Concat(file.AddedResources).Any(resource => resource.Kind == ResourceKind.EdgeNode));
    }

    private bool NamesNodes => _files.Values.Any(file => file.Foreign.Any(document => document.Kind == ForeignKind.KubeEdgeDevice));
}
