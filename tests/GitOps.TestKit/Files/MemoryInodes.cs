using System.Collections.Immutable;
using GitOps.Platform.Files;

namespace GitOps.TestKit.Files;

/// <summary>Mode, owner and time of an inode.</summary>
internal sealed record Attributes(UnixFileMode Mode, FileOwner Owner, DateTimeOffset ModifiedAt);

/// <summary>What a name refers to in memory. Values: a change is another inode object under the same number.</summary>
internal abstract record Inode(Attributes Attributes)
{
    public sealed record Directory(Attributes Attributes) : Inode(Attributes);

    public sealed record File(byte[] Content, Attributes Attributes) : Inode(Attributes);

    public sealed record Link(string Target, Attributes Attributes) : Inode(Attributes);
}

/// <summary>
/// A whole file system: inodes by number, and the names in each directory. A copy costs little, because a replay makes two for
/// each of its states: the names of a directory are shared until one of them changes.
/// </summary>
internal sealed class InodeTable
{
    public const int Root = 0;

    private static readonly ImmutableSortedDictionary<string, int> NoNames = ImmutableSortedDictionary.Create<string, int>(StringComparer.Ordinal);
    private readonly Dictionary<int, ImmutableSortedDictionary<string, int>> _names;
    private readonly Dictionary<int, int> _links;

    private InodeTable()
        => (Inodes, _names, _links) = ([], [], []);

    private InodeTable(InodeTable other)
        => (Inodes, _names, _links, NextNumber) = (new(other.Inodes), new(other._names), new(other._links), other.NextNumber);

    public Dictionary<int, Inode> Inodes { get; }

    public int NextNumber { get; set; } = 1;

    public static InodeTable Empty()
    {
        var table = new InodeTable();
        var mode = AtomicFile.Readable | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        table.Inodes[Root] = new Inode.Directory(new Attributes(mode, default, DateTimeOffset.UnixEpoch));
        table.AddDirectory(Root);
        return table;
    }

    public InodeTable Clone() => new(this);

    public ImmutableSortedDictionary<string, int> NamesIn(int directory) => _names[directory];

    /// <summary>How many names an inode has.</summary>
    public int LinksOf(int number) => _links.GetValueOrDefault(number);

    /// <summary>A directory may have names from now on; one that is there keeps its own.</summary>
    public void AddDirectory(int number) => _names.TryAdd(number, NoNames);

    public void Apply(NameChange change)
    {
        var names = _names[change.Directory];
        if (names.TryGetValue(change.Name, out var old))
        {
            _links[old]--;
        }

        if (change.Inode is { } number)
        {
            _links[number] = LinksOf(number) + 1;
            _names[change.Directory] = names.SetItem(change.Name, number);
        }
        else
        {
            _names[change.Directory] = names.Remove(change.Name);
        }
    }

    /// <summary>Every name with what it holds, for messages.</summary>
    public IEnumerable<string> Describe(int directory = Root, string prefix = "") =>
        NamesIn(directory).SelectMany(name => Inodes[name.Value] switch
        {
            Inode.Directory => Describe(name.Value, $"{prefix}/{name.Key}").Prepend($"{prefix}/{name.Key}/"),
            Inode.File file => [$"{prefix}/{name.Key} ({file.Content.Length} bytes)"],
            Inode.Link link => [$"{prefix}/{name.Key} -> {link.Target}"],
            _ => [],
        });
}
