using GitOps.Platform.Files;

namespace GitOps.TestKit.Files;

/// <summary>
/// A file system in memory that follows the contract of <see cref="IFileLayer"/> and records what was done, for
/// <see cref="CrashReplay"/>. Time advances by a second per change.
/// </summary>
public sealed class MemoryFileLayer : IFileLayer
{
    private const int LongestLinkChain = 40;
    private readonly InodeTable _table;
    private readonly List<Effect> _effects = [];
    private readonly int? _flushToDrop;
    private int _flushes;
    private long _clock;

    /// <summary>An empty file system.</summary>
    public MemoryFileLayer()
        : this(InodeTable.Empty(), flushToDrop: null)
    {
    }

    internal MemoryFileLayer(InodeTable table, int? flushToDrop) => (_table, _flushToDrop) = (table, flushToDrop);

    internal IReadOnlyList<Effect> Effects => _effects;

    internal InodeTable Table => _table;

    /// <summary>What each flush was about, in order.</summary>
    public IReadOnlyList<string> Flushes =>
        [.. _effects.Where(effect => effect is Effect.FlushedFile or Effect.FlushedDirectory).Select(effect => effect.What)];

    /// <summary>All operations so far, as text.</summary>
    public IReadOnlyList<string> Log => [.. _effects.Select(e => e.What)];

    internal void Acknowledge(object? value) => _effects.Add(new Effect.Acknowledged($"acknowledge {value}", value));

    public void CreateDirectory(string path, UnixFileMode mode) =>
        Add("create directory", path, new Inode.Directory(NewAttributes(mode)));

    public void CreateFile(string path, ReadOnlySpan<byte> content, UnixFileMode mode)
    {
        // In steps, as a disk sees them: a name, then content, then the mode asked for.
        var number = Add("create", path, new Inode.File([], NewAttributes(AtomicFile.Private)));
        var file = new Inode.File(content.ToArray(), NewAttributes(AtomicFile.Private));
        Change($"write {content.Length} bytes to {path}", number, file);
        if (mode != AtomicFile.Private)
        {
            Change($"set mode of {path}", number, file with { Attributes = NewAttributes(mode) });
        }
    }

    public void Append(string path, ReadOnlySpan<byte> content)
    {
        var (number, file) = FileAt("append to", path);
        Change($"append {content.Length} bytes to {path}", number, WithContent(file, [.. file.Content, .. content]));
    }

    public void Truncate(string path, long length)
    {
        var (number, file) = FileAt("truncate", path);
        var content = new byte[length];
        file.Content.AsSpan(0, (int)Math.Min(length, file.Content.Length)).CopyTo(content);
        Change($"truncate {path} to {length} bytes", number, WithContent(file, content));
    }

    public void Flush(string path)
    {
        var number = Follow("flush", path);
        if (_flushes++ != _flushToDrop)
        {
            _effects.Add(_table.Inodes[number] is Inode.Directory
                ? new Effect.FlushedDirectory($"flush {path}", number)
                : new Effect.FlushedFile($"flush {path}", number));
        }
    }

    public void FlushDirectory(string path)
    {
        var number = DirectoryAt("flush directory", path);
        if (_flushes++ != _flushToDrop)
        {
            _effects.Add(new Effect.FlushedDirectory($"flush directory {path}", number));
        }
    }

    public void Rename(string from, string to)
    {
        var source = Place("rename", from);
        var target = Place("rename", to);
        var moved = source.Number ?? throw Missing("rename", from);
        if (target.Number == moved)
        {
            return; // two names of one file: rename(2) does nothing
        }

        if (target.Number is { } replaced && _table.Inodes[replaced] is Inode.Directory && _table.NamesIn(replaced).Count > 0)
        {
            throw new FileLayerException(FileFault.NotEmpty, "rename", to, "is a directory that is not empty");
        }

        Name($"rename {from} to {to}", new(source.Directory, source.Name, null), new(target.Directory, target.Name, moved));
    }

    public void Exchange(string one, string other)
    {
        var (first, second) = (Place("exchange", one), Place("exchange", other));
        var (left, right) = (first.Number ?? throw Missing("exchange", one), second.Number ?? throw Missing("exchange", other));
        Name($"exchange {one} with {other}", new(first.Directory, first.Name, right), new(second.Directory, second.Name, left));
    }

    public void FlushAll(string path)
    {
        Follow("flush file system of", path);
        if (_flushes++ == _flushToDrop)
        {
            return;
        }

        foreach (var (number, inode) in _table.Inodes)
        {
            _effects.Add(inode is Inode.Directory
                ? new Effect.FlushedDirectory($"flush file system of {path}", number)
                : new Effect.FlushedFile($"flush file system of {path}", number));
        }
    }

    public void Link(string existing, string path)
    {
        var source = Place("link", existing);
        var place = Free("link", path);
        var number = source.Number ?? throw Missing("link", existing);
        Name($"link {existing} as {path}", new NameChange(place.Directory, place.Name, number));
    }

    public void LinkSymbolically(string target, string path) =>
        Add("link symbolically", path, new Inode.Link(target, NewAttributes(UnixFileMode.None)));

    public void Unlink(string path)
    {
        var place = Place("unlink", path);
        if (_table.Inodes[place.Number ?? throw Missing("unlink", path)] is Inode.Directory)
        {
            throw new FileLayerException(FileFault.IsDirectory, "unlink", path, "is a directory");
        }

        Name($"unlink {path}", new NameChange(place.Directory, place.Name, null));
    }

    public void RemoveDirectory(string path)
    {
        var number = DirectoryAt("remove directory", path);
        if (_table.NamesIn(number).Count > 0)
        {
            throw new FileLayerException(FileFault.NotEmpty, "remove directory", path, "is not empty");
        }

        var place = Place("remove directory", path);
        Name($"remove directory {path}", new NameChange(place.Directory, place.Name, null));
    }

    public void SetMode(string path, UnixFileMode mode)
    {
        var number = Follow("set mode of", path);
        var inode = _table.Inodes[number];
        Change($"set mode of {path}", number, inode with { Attributes = inode.Attributes with { Mode = mode } });
    }

    public void SetOwner(string path, FileOwner owner)
    {
        var number = Place("set owner of", path).Number ?? throw Missing("set owner of", path);
        var inode = _table.Inodes[number];
        Change($"set owner of {path}", number, inode with { Attributes = inode.Attributes with { Owner = owner } });
    }

    public FileStat? Stat(string path)
    {
        int? number;
        try
        {
            number = Place("stat", path).Number;
        }
        catch (FileLayerException missing) when (missing.Fault is FileFault.NotFound or FileFault.NotDirectory)
        {
            return null;
        }

        if (number is not { } found)
        {
            return null;
        }

        var inode = _table.Inodes[found];
        var (kind, size) = inode switch
        {
            Inode.File file => (FileKind.File, file.Content.Length),
            Inode.Link link => (FileKind.Link, link.Target.Length),
            _ => (FileKind.Directory, 0),
        };
        return new FileStat(
            kind, size, inode.Attributes.Mode, inode.Attributes.Owner, inode.Attributes.ModifiedAt, (ulong)found, (uint)_table.LinksOf(found));
    }

    public byte[]? Read(string path, int limitBytes)
    {
        if (Stat(path) is null)
        {
            return null;
        }

        var content = FileAt("read", path).File.Content;
        return content.Length > limitBytes
            ? throw new FileLayerException(FileFault.TooLarge, "read", path, $"has more than {limitBytes} bytes")
            : [.. content];
    }

    public Stream OpenRead(string path) => new MemoryStream(FileAt("read", path).File.Content, writable: false);

    public string ReadLink(string path) =>
        Place("read link", path).Number is { } number && _table.Inodes[number] is Inode.Link link
            ? link.Target
            : throw new FileLayerException(FileFault.Other, "read link", path, "is not a symbolic link");

    public IReadOnlyList<string> Enumerate(string path) => [.. _table.NamesIn(DirectoryAt("list", path)).Keys];

    private static FileLayerException Missing(string operation, string path) =>
        new(FileFault.NotFound, operation, path, "there is no such file or directory");

    private Attributes NewAttributes(UnixFileMode mode) => new(mode, default, DateTimeOffset.UnixEpoch.AddSeconds(++_clock));

    private Inode.File WithContent(Inode.File file, byte[] content) =>
        new(content, file.Attributes with { ModifiedAt = DateTimeOffset.UnixEpoch.AddSeconds(++_clock) });

    private int Add(string operation, string path, Inode inode)
    {
        var place = Free(operation, path);
        var number = _table.NextNumber++;
        _table.Inodes[number] = inode;
        if (inode is Inode.Directory)
        {
            _table.AddDirectory(number);
        }

        _effects.Add(new Effect.Changed($"{operation} {path}", number, inode));
        Name($"{operation} {path}", new NameChange(place.Directory, place.Name, number));
        return number;
    }

    private void Change(string what, int number, Inode inode)
    {
        _table.Inodes[number] = inode;
        _effects.Add(new Effect.Changed(what, number, inode));
    }

    private void Name(string what, params NameChange[] changes)
    {
        foreach (var change in changes)
        {
            _table.Apply(change);
        }

        _effects.Add(new Effect.Naming(what, changes));
    }

    private (int Directory, string Name) Free(string operation, string path)
    {
        var place = Place(operation, path);
        return place.Number is null
            ? (place.Directory, place.Name)
            : throw new FileLayerException(FileFault.Exists, operation, path, "exists");
    }

    private (int Number, Inode.File File) FileAt(string operation, string path)
    {
        var number = Follow(operation, path);
        return _table.Inodes[number] is Inode.File file
            ? (number, file)
            : throw new FileLayerException(FileFault.IsDirectory, operation, path, "is a directory");
    }

    private int DirectoryAt(string operation, string path)
    {
        var number = Follow(operation, path);
        return _table.Inodes[number] is Inode.Directory
            ? number
            : throw new FileLayerException(FileFault.NotDirectory, operation, path, "is not a directory");
    }

    private int Follow(string operation, string path, int hops = 0)
    {
        if (path == "/")
        {
            return InodeTable.Root;
        }

        var place = Place(operation, path, hops);
        var number = place.Number ?? throw Missing(operation, path);
        if (_table.Inodes[number] is not Inode.Link link)
        {
            return number;
        }

        return hops < LongestLinkChain
            ? Follow(operation, Path.GetFullPath(link.Target, FilePath.Parent(path)), hops + 1)
            : throw new FileLayerException(FileFault.Link, operation, path, "leads in circles");
    }

    private (int Directory, string Name, int? Number) Place(string operation, string path, int hops = 0)
    {
        if (!path.StartsWith('/') || path != Path.GetFullPath(path) || (path.Length > 1 && path.EndsWith('/')))
        {
            throw new FileLayerException(FileFault.Outside, operation, path, "is not an absolute path in its plain form");
        }

        if (path == "/")
        {
            return (InodeTable.Root, ".", InodeTable.Root);
        }

        var directory = Follow(operation, FilePath.Parent(path), hops);
        if (_table.Inodes[directory] is not Inode.Directory)
        {
            throw new FileLayerException(FileFault.NotDirectory, operation, path, "has a file where a directory must be");
        }

        var name = Path.GetFileName(path);
        return (directory, name, _table.NamesIn(directory).TryGetValue(name, out var number) ? number : null);
    }
}
