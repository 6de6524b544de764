using GitOps.Manifests.Inventories;
using GitOps.Manifests.Kinds;

namespace GitOps.Manifests.State;

/// <summary>The tables that inventories name, each as read for each inventory.</summary>
internal sealed class InventoryTables
{
    private readonly Dictionary<string, HashSet<Resource<NodeInventorySpec>>> _byPath = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ParsedFile> _read = new(StringComparer.Ordinal);

    /// <param name="changed">What manifests say, before and after.</param>
    /// <param name="paths">Files that are not as they were.</param>
    /// <returns>What tables say now, each with a key that sorts beside its path; null for one that nothing reads any more.</returns>
    public IEnumerable<(string Key, ParsedFile? Next)> Apply(
        IReadOnlyList<FileChange> changed, IReadOnlySet<string> paths, FleetSource source)
    {
        var stale = new HashSet<Resource<NodeInventorySpec>>(ReferenceEqualityComparer.Instance);
        var gone = new HashSet<string>(StringComparer.Ordinal);
        foreach (var file in changed)
        {
            foreach (var old in file.RemovedResources.OfType<Resource<NodeInventorySpec>>())
            {
                _byPath[old.Spec.Source.Path].Remove(old);
                gone.Add(KeyOf(old));
            }

            foreach (var next in file.AddedResources.OfType<Resource<NodeInventorySpec>>())
            {
                Of(next.Spec.Source.Path).Add(next);
                stale.Add(next);
            }
        }

        foreach (var path in paths)
        {
            stale.UnionWith(_byPath.GetValueOrDefault(path) ?? []);
        }

        foreach (var inventory in stale)
        {
            var key = KeyOf(inventory);
            gone.Remove(key);
            var next = InventoryReader.ReadIfThere(inventory, source.TryGet(inventory.Spec.Source.Path, out var table) ? table : null);
            _read[key] = FileChange.Reuse(_read.GetValueOrDefault(key), next)!;
            yield return (key, _read[key]);
        }

        foreach (var key in gone.Where(_read.Remove))
        {
            yield return (key, null);
        }
    }

    // NUL is in no path and sorts before everything.
    private static string KeyOf(Resource<NodeInventorySpec> inventory) => $"{inventory.Spec.Source.Path}\0{inventory.Span}";

    private HashSet<Resource<NodeInventorySpec>> Of(string path)
    {
        if (!_byPath.TryGetValue(path, out var inventories))
        {
            _byPath.Add(path, inventories = new(ReferenceEqualityComparer.Instance));
        }

        return inventories;
    }
}
