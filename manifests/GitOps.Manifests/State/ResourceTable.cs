using System.Collections.Immutable;
using GitOps.Manifests.Kinds;

namespace GitOps.Manifests.State;

/// <summary>Everything that is written, by kind and name, in the order of files and lines where one is written more than once.</summary>
internal sealed class ResourceTable
{
    private static readonly ImmutableSortedDictionary<string, Resource> None =
        ImmutableSortedDictionary.Create<string, Resource>(StringComparer.Ordinal);

    private readonly Dictionary<(ResourceKind, string), Slot> _slots = [];
    private readonly ImmutableSortedDictionary<string, Resource>[] _byKind =
        [.. Enum.GetValues<ResourceKind>().Select(_ => None)];

    private readonly int[] _declared = new int[Enum.GetValues<ResourceKind>().Length];
    private readonly int[] _read = new int[Enum.GetValues<ResourceKind>().Length];
    private readonly HashSet<(ResourceKind, string)> _twice = [];

    /// <summary>Kinds and names that are written more than once.</summary>
    public IEnumerable<ImmutableArray<Declaration>> Twice => _twice.Select(key => _slots[key].Declared);

    /// <summary>Every resource of a kind was read, spec and all.</summary>
    public bool IsComplete(ResourceKind kind) => _declared[(int)kind] == _read[(int)kind];

    /// <summary>Every resource was read.</summary>
    public bool IsAllRead => _declared.AsSpan().SequenceEqual(_read);

    public bool IsDeclared(ResourceKind kind, string name) =>
        _slots.TryGetValue((kind, name), out var slot) && !slot.Declared.IsEmpty;

    public Resource? Find(ResourceKind kind, string name) => _byKind[(int)kind].GetValueOrDefault(name);

    /// <summary>Those of a kind, by name.</summary>
    public ImmutableSortedDictionary<string, Resource> Of(ResourceKind kind) => _byKind[(int)kind];

    /// <summary>The Fleets, in the order of files and lines; one is right.</summary>
    public ImmutableArray<Declaration> Fleets { get; private set; } = [];

    /// <returns>Where another resource counts now, in the order of their places.</returns>
    public IReadOnlyList<ResourceChange> Apply(IReadOnlyList<FileChange> files)
    {
        var before = new Dictionary<(ResourceKind, string), Resource?>();
        foreach (var file in files)
        {
            Remove(file, before);
        }

        foreach (var file in files)
        {
            Add(file, before);
        }

        List<ResourceChange> changes = [];
        foreach (var kind in before.GroupBy(entry => entry.Key.Item1))
        {
            var byName = _byKind[(int)kind.Key].ToBuilder();
            foreach (var ((_, name), old) in kind)
            {
                var next = _slots.TryGetValue((kind.Key, name), out var slot) ? slot.First : null;
                if (ReferenceEquals(old, next))
                {
                    continue;
                }

                changes.Add(new(old, next));
                if (next is null)
                {
                    byName.Remove(name);
                }
                else
                {
                    byName[name] = next;
                }
            }

            _byKind[(int)kind.Key] = byName.ToImmutable();
        }

        return changes;
    }

    private void Remove(FileChange file, Dictionary<(ResourceKind, string), Resource?> before)
    {
        foreach (var declared in file.RemovedDeclarations)
        {
            var slot = Slotted(declared.Kind, declared.Name, before);
            slot.Declared = slot.Declared.Remove(declared, ReferenceComparer<Declaration>.Instance);
            _declared[(int)declared.Kind]--;
            Fleets = declared.Kind == ResourceKind.Fleet ? Fleets.Remove(declared, ReferenceComparer<Declaration>.Instance) : Fleets;
            Settle(declared.Kind, declared.Name, slot);
        }

        foreach (var resource in file.RemovedResources)
        {
            var slot = Slotted(resource.Kind, resource.Name, before);
            slot.Read = slot.Read.Remove(resource, ReferenceComparer<Resource>.Instance);
            _read[(int)resource.Kind]--;
            Settle(resource.Kind, resource.Name, slot);
        }
    }

    private void Add(FileChange file, Dictionary<(ResourceKind, string), Resource?> before)
    {
        foreach (var declared in file.AddedDeclarations)
        {
            var slot = Slotted(declared.Kind, declared.Name, before);
            slot.Declared = Insert(slot.Declared, declared, item => item.Span);
            _declared[(int)declared.Kind]++;
            Fleets = declared.Kind == ResourceKind.Fleet ? Insert(Fleets, declared, item => item.Span) : Fleets;
            Settle(declared.Kind, declared.Name, slot);
        }

        foreach (var resource in file.AddedResources)
        {
            var slot = Slotted(resource.Kind, resource.Name, before);
            slot.Read = Insert(slot.Read, resource, item => item.Span);
            _read[(int)resource.Kind]++;
        }
    }

    private Slot Slotted(ResourceKind kind, string name, Dictionary<(ResourceKind, string), Resource?> before)
    {
        if (!_slots.TryGetValue((kind, name), out var slot))
        {
            _slots.Add((kind, name), slot = new Slot());
        }

        before.TryAdd((kind, name), slot.First);
        return slot;
    }

    private void Settle(ResourceKind kind, string name, Slot slot)
    {
        if (slot.Declared.Length > 1)
        {
            _twice.Add((kind, name));
        }
        else
        {
            _twice.Remove((kind, name));
        }

        if (slot.Declared.IsEmpty && slot.Read.IsEmpty)
        {
            _slots.Remove((kind, name));
        }
    }

    private static ImmutableArray<T> Insert<T>(ImmutableArray<T> items, T item, Func<T, SourceSpan> place)
    {
        var at = items.Length;
        while (at > 0 && place(items[at - 1]) > place(item))
        {
            at--;
        }

        return items.Insert(at, item);
    }

    private sealed class Slot
    {
        public ImmutableArray<Declaration> Declared { get; set; } = [];

        public ImmutableArray<Resource> Read { get; set; } = [];

        /// <summary>The one that counts.</summary>
        public Resource? First => Read.IsEmpty ? null : Read[0];
    }

    private sealed class ReferenceComparer<T> : IEqualityComparer<T>
        where T : class
    {
        public static readonly ReferenceComparer<T> Instance = new();

        public bool Equals(T? x, T? y) => ReferenceEquals(x, y);

        public int GetHashCode(T obj) => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(obj);
    }
}
