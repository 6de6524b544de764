using GitOps.Manifests.EdgeX;
using GitOps.Manifests.Kinds;

namespace GitOps.Manifests.State;

/// <summary>
/// What the Devices with a backend make together, as if somebody had written it into one more file. Made anew when one of them
/// changes, or a model of theirs, or a DeviceImport.
/// </summary>
internal sealed class EdgeXTables
{
    // NUL is in no path and sorts before everything.
    private const string Key = "\0edgex";

    private readonly SortedDictionary<SourceSpan, Resource<DeviceSpec>> _devices = [];
    private readonly Dictionary<string, SortedDictionary<SourceSpan, Resource<DeviceModelSpec>>> _models = new(StringComparer.Ordinal);
    private readonly Dictionary<Resource, string> _imports = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<Resource<EdgeXSpec>> _others = new(ReferenceEqualityComparer.Instance);
    private ParsedFile? _made;

    /// <param name="changed">What files say, before and after, and what was made of those of other systems.</param>
    public IEnumerable<(string Key, ParsedFile? Next)> Apply(IReadOnlyList<FileChange> changed)
    {
        var touched = new HashSet<string>(StringComparer.Ordinal);
        var isStale = false;
        foreach (var file in changed)
        {
            foreach (var removed in file.RemovedResources)
            {
                isStale |= Note(removed, isThere: false, touched);
            }
        }

        foreach (var file in changed)
        {
            foreach (var added in file.AddedResources)
            {
                isStale |= Note(added, isThere: true, touched);
            }
        }

        isStale |= touched.Count > 0 && _devices.Values.Any(device => touched.Contains(device.Spec.Model));
        if (!isStale || (_made is null && _devices.Count == 0))
        {
            return [];
        }

        var findings = new FindingList();
        var others = _others.OrderBy(other => other.Name, StringComparer.Ordinal).ToList();
        var resources = new OwnFleet(ModelOf, others, _imports.Values.ToHashSet(StringComparer.Ordinal), findings).Resolve(_devices.Values);
        var next = _devices.Count == 0 ? null : new ParsedFile(Key, [.. resources],
            [.. resources.Select(resource => new Declaration(resource.Kind, resource.Name, resource.Span))], IsWhole: true, findings.ToSorted());
        _made = FileChange.Reuse(_made, next);
        return [(Key, _made)];
    }

    // Two of one name have a finding; the first counts, here as elsewhere.
    private Resource<DeviceModelSpec>? ModelOf(string name) =>
        _models.TryGetValue(name, out var written) ? written.Values.FirstOrDefault() : null;

    private bool Note(Resource resource, bool isThere, HashSet<string> models)
    {
        switch (resource)
        {
            case Resource<DeviceSpec> { Spec.Backend: not null } device:
                Set(_devices, device, isThere);
                return true;
            case Resource<DeviceModelSpec> model:
                if (!_models.TryGetValue(model.Name, out var written))
                {
                    _models[model.Name] = written = [];
                }

                Set(written, model, isThere);
                models.Add(model.Name);
                return false;
            case Resource<DeviceImportSpec>:
                _ = isThere ? _imports.TryAdd(resource, resource.Name) : _imports.Remove(resource);
                return true;
            case Resource<EdgeXSpec> other:
                _ = isThere ? _others.Add(other) : _others.Remove(other);
                return true;
            default:
                return false;
        }
    }

    private static void Set<TSpec>(SortedDictionary<SourceSpan, Resource<TSpec>> all, Resource<TSpec> one, bool isThere)
        where TSpec : class
    {
        if (isThere)
        {
            all[one.Span] = one;
        }
        else
        {
            all.Remove(one.Span);
        }
    }
}
