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

/// <summary>A whole file system: inodes by number, and the names in each directory.</summary>
internal sealed class InodeTable
{
    public const int Root = 0;

    public Dictionary<int, Inode> Inodes { get; } = [];

    public Dictionary<int, SortedDictionary<string, int>> Names { get; } = [];

    public int NextNumber { get; set; } = 1;

    public static InodeTable Empty()
    {
        var table = new InodeTable();
        var mode = AtomicFile.Readable | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        table.Inodes[Root] = new Inode.Directory(new Attributes(mode, default, DateTimeOffset.UnixEpoch));
        table.Names[Root] = new(StringComparer.Ordinal);
        return table;
    }

    public InodeTable Clone()
    {
        var copy = new InodeTable { NextNumber = NextNumber };
        foreach (var (number, inode) in Inodes)
        {
            copy.Inodes[number] = inode;
        }

        foreach (var (number, names) in Names)
        {
            copy.Names[number] = new(names, StringComparer.Ordinal);
        }

        return copy;
    }

    /// <summary>Every name with what it holds, for messages.</summary>
    public IEnumerable<string> Describe(int directory = Root, string prefix = "") =>
        Names[directory].SelectMany(name => Inodes[name.Value] switch
        {
            Inode.Directory => Describe(name.Value, $"{prefix}/{name.Key}").Prepend($"{prefix}/{name.Key}/"),
            Inode.File file => [$"{prefix}/{name.Key} ({file.Content.Length} bytes)"],
            Inode.Link link => [$"{prefix}/{name.Key} -> {link.Target}"],
            _ => [],
        });
}
