using System.Collections.Immutable;
using GitOps.Manifests.Rules;

namespace GitOps.Manifests.State;

/// <summary>The files of a tree, what each says by itself, and which of them count as manifests.</summary>
internal sealed class ManifestFiles
{
    private readonly Dictionary<string, ParsedFile> _parsed = new(StringComparer.Ordinal);
    private readonly CountedNames<string> _named = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, ParsedFile> _withFindings = new(StringComparer.Ordinal);
    private readonly HashSet<string> _missing = new(StringComparer.Ordinal);
    private readonly InventoryTables _tables = new();
    private readonly ForeignTables _foreign = new();
    private readonly EdgeXTables _edgeX = new();
    private IgnoreList _ignored = IgnoreList.Of(FleetSource.Empty);
    private int _broken;

    public FleetSource Source { get; private set; } = FleetSource.Empty;

    /// <summary>What counts, by path; a table by its path and the inventory that reads it.</summary>
    public ImmutableSortedDictionary<string, ParsedFile> Manifests { get; private set; } =
        ImmutableSortedDictionary.Create<string, ParsedFile>(StringComparer.Ordinal);

    /// <summary>Every document could be read so far that its kind and name are known.</summary>
    public bool IsWhole => _broken == 0;

    /// <summary>Paths that a resource names as a source and that are not there.</summary>
    public IReadOnlyCollection<string> Missing => _missing;

    /// <summary>What the files are wrong about by themselves.</summary>
    public IEnumerable<Finding> Findings => _withFindings.Values.SelectMany(file => file.Findings);

    public IReadOnlyList<FileChange> Apply(
        IReadOnlyList<SourceChange> changes, Func<SourceFile, ParsedFile> parse, int parallelism)
    {
        var touched = new HashSet<string>(changes.Select(change => change.Path), StringComparer.Ordinal);
        Source = Source.With(changes);
        if (touched.Contains(IgnoreList.Path))
        {
            var before = _ignored;
            _ignored = IgnoreList.Of(Source);
            touched.UnionWith(Source.Files.Select(file => file.Path).Where(path => before.Covers(path) != _ignored.Covers(path)));
        }

        var toggled = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (path, next) in Parse(touched, parse, parallelism))
        {
            Replace(path, next, toggled);
        }

        UpdateMissing(touched.Concat(toggled));
        var changed = Include(touched.Concat(toggled).Distinct(StringComparer.Ordinal));
        changed.AddRange(Include(_tables.Apply(changed, touched, Source)));
        changed.AddRange(Include(_foreign.Apply(changed, IsWhole, () => Manifests.Values)));
        changed.AddRange(Include(_edgeX.Apply(changed)));
        return changed;
    }

    private (string Path, ParsedFile? Next)[] Parse(IReadOnlyCollection<string> paths, Func<SourceFile, ParsedFile> parse, int parallelism)
    {
        var parsed = paths.Select(path => (Path: path, Next: (ParsedFile?)null)).ToArray();
        // Each writes its own place: what comes first does not show.
        Parallel.For(0, parsed.Length, new ParallelOptions { MaxDegreeOfParallelism = parsed.Length < 2 ? 1 : parallelism }, i =>
        {
            var path = parsed[i].Path;
            if (Source.TryGet(path, out var file) && ManifestPaths.IsManifest(path) && !_ignored.Covers(path))
            {
                parsed[i].Next = parse(file);
            }
        });
        return parsed;
    }

    private void Replace(string path, ParsedFile? next, HashSet<string> toggled)
    {
        // Added before removed: a name that stays was never away.
        foreach (var named in SourceFiles.NamedBy(next?.Resources ?? []))
        {
            if (_named.Add(named))
            {
                toggled.Add(named);
            }
        }

        foreach (var named in SourceFiles.NamedBy(_parsed.GetValueOrDefault(path)?.Resources ?? []))
        {
            if (_named.Remove(named))
            {
                toggled.Add(named);
            }
        }

        if (next is null)
        {
            _parsed.Remove(path);
        }
        else
        {
            _parsed[path] = FileChange.Reuse(_parsed.GetValueOrDefault(path), next)!;
        }
    }

    private void UpdateMissing(IEnumerable<string> paths)
    {
        foreach (var path in paths)
        {
            if (_named.Contains(path) && !Source.TryGet(path, out _))
            {
                _missing.Add(path);
            }
            else
            {
                _missing.Remove(path);
            }
        }
    }

    // A YAML file that another manifest names is data. One that declares something of ours is a manifest all the same.
    private List<FileChange> Include(IEnumerable<string> paths) => Include(paths.Select(path => (
        path, _parsed.TryGetValue(path, out var parsed) && !(parsed.Declared.IsEmpty && _named.Contains(path)) ? parsed : null)));

    private List<FileChange> Include(IEnumerable<(string Key, ParsedFile? Next)> files)
    {
        List<FileChange> changes = [];
        var manifests = Manifests.ToBuilder();
        foreach (var (path, next) in files)
        {
            manifests.TryGetValue(path, out var old);
            if (ReferenceEquals(old, next))
            {
                continue;
            }

            changes.Add(new(old, next));
            _broken += (next is { IsWhole: false } ? 1 : 0) - (old is { IsWhole: false } ? 1 : 0);
            _withFindings.Remove(path);
            if (next is null)
            {
                manifests.Remove(path);
                continue;
            }

            manifests[path] = next;
            if (!next.Findings.IsEmpty)
            {
                _withFindings.Add(path, next);
            }
        }

        Manifests = manifests.ToImmutable();
        return changes;
    }
}

/// <summary>Names, each as often as it is used.</summary>
internal sealed class CountedNames<T>(IEqualityComparer<T>? comparer = null)
    where T : notnull
{
    private readonly Dictionary<T, int> _counts = new(comparer);

    public bool Contains(T name) => _counts.ContainsKey(name);

    /// <returns>Whether it is the first use.</returns>
    public bool Add(T name)
    {
        var count = _counts.GetValueOrDefault(name);
        _counts[name] = count + 1;
        return count == 0;
    }

    /// <returns>Whether it was the last use.</returns>
    public bool Remove(T name)
    {
        var count = _counts[name];
        if (count == 1)
        {
            return _counts.Remove(name);
        }

        _counts[name] = count - 1;
        return false;
    }
}
