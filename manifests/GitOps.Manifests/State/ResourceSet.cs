using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Rules;

namespace GitOps.Manifests.State;

/// <summary>
/// Resources that meet on a node, sorted by kind and name. Nodes on which the very same meet share one, so that what follows
/// from it is worked out once for all of them.
/// </summary>
public sealed class ResourceSet
{
    public static readonly ResourceSet Empty = new([]);
    private ImmutableArray<NodeViolation>? _violations;

    internal ResourceSet(ImmutableArray<Resource> items) => Items = items;

    public ImmutableArray<Resource> Items { get; }

    /// <summary>How many nodes have it; the table forgets it at 0.</summary>
    internal int Users { get; set; }

    /// <summary>Some node has it.</summary>
    public bool IsUsed => Users > 0;

    /// <summary>What must not meet and does here. Where a node is named, <see cref="NodeFindings.Node"/> stands for it.</summary>
    internal ImmutableArray<NodeViolation> Violations => _violations ??= NodeRules.Check(this);

    public bool Contains(ResourceKind kind, string name) => Find(kind, name) is not null;

    public Resource? Find(ResourceKind kind, string name)
    {
        var (low, high) = (0, Items.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var order = Order(Items[middle], kind, name);
            if (order == 0)
            {
                return Items[middle];
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return null;
    }

    internal static int Order(Resource left, Resource right) => Order(left, right.Kind, right.Name);

    private static int Order(Resource left, ResourceKind kind, string name) =>
        left.Kind != kind ? Rank(left.Kind) - Rank(kind) : string.CompareOrdinal(left.Name, name);

    // The order in which a node's units are looked at, and so the one in which findings name two of them.
    private static int Rank(ResourceKind kind) => kind switch
    {
        ResourceKind.ConfigFile => 0,
        ResourceKind.Volume => 1,
        ResourceKind.TimeSync => 2,
        ResourceKind.Device => 3,
        ResourceKind.Workload => 4,
        _ => 5 + (int)kind,
    };
}

/// <summary>The sets in use, each once.</summary>
internal sealed class ResourceSets
{
    private readonly Dictionary<ImmutableArray<Resource>, ResourceSet> _sets = new(SameItems.Instance);
    private readonly Dictionary<(ResourceSet, Resource), ResourceSet> _with = new(BySetAndResource.Instance);
    private readonly Dictionary<(ResourceSet, Resource), ResourceSet> _without = new(BySetAndResource.Instance);

    /// <summary>The set with these items, which must be sorted.</summary>
    public ResourceSet Of(ImmutableArray<Resource> items) => items.IsEmpty
        ? ResourceSet.Empty
        : _sets.TryGetValue(items, out var known) ? known : _sets[items] = new ResourceSet(items);

    public ResourceSet With(ResourceSet set, Resource resource)
    {
        if (!_with.TryGetValue((set, resource), out var next))
        {
            var at = set.Items.BinarySearch(resource, Comparer<Resource>.Create(ResourceSet.Order));
            next = Of(set.Items.Insert(at < 0 ? ~at : at, resource));
            _with.Add((set, resource), next);
        }

        return next;
    }

    public ResourceSet Without(ResourceSet set, Resource resource)
    {
        if (!_without.TryGetValue((set, resource), out var next))
        {
            next = Of(set.Items.RemoveAll(item => ReferenceEquals(item, resource)));
            _without.Add((set, resource), next);
        }

        return next;
    }

    /// <summary>Drops what led from set to set in this revision, and sets that no node has any more.</summary>
    public void Settle()
    {
        _with.Clear();
        _without.Clear();
        foreach (var unused in _touched.Where(set => set.Users == 0))
        {
            _sets.Remove(unused.Items);
        }

        _touched.Clear();
    }

    public static void Use(ResourceSet set) => set.Users++;

    public void Release(ResourceSet set)
    {
        if (--set.Users == 0)
        {
            _touched.Add(set);
        }
    }

    private readonly HashSet<ResourceSet> _touched = [];

    private sealed class SameItems : IEqualityComparer<ImmutableArray<Resource>>
    {
        public static readonly SameItems Instance = new();

        public bool Equals(ImmutableArray<Resource> x, ImmutableArray<Resource> y)
        {
            if (x.Length != y.Length)
            {
                return false;
            }

            for (var i = 0; i < x.Length; i++)
            {
                if (!ReferenceEquals(x[i], y[i]))
                {
                    return false;
                }
            }

            return true;
        }

        public int GetHashCode(ImmutableArray<Resource> obj)
        {
            var hash = new HashCode();
            foreach (var item in obj)
            {
                hash.Add(RuntimeHelpers.GetHashCode(item));
            }

            return hash.ToHashCode();
        }
    }

    private sealed class BySetAndResource : IEqualityComparer<(ResourceSet Set, Resource Resource)>
    {
        public static readonly BySetAndResource Instance = new();

        public bool Equals((ResourceSet Set, Resource Resource) x, (ResourceSet Set, Resource Resource) y) =>
            ReferenceEquals(x.Set, y.Set) && ReferenceEquals(x.Resource, y.Resource);

        public int GetHashCode((ResourceSet Set, Resource Resource) obj) =>
            HashCode.Combine(RuntimeHelpers.GetHashCode(obj.Set), RuntimeHelpers.GetHashCode(obj.Resource));
    }
}
