using System.Text;
using Microsoft.Win32.SafeHandles;

namespace GitOps.Platform.Files;

/// <summary>
/// The file layer on real disks (Linux). <see cref="Host"/> follows links as every program does;
/// <see cref="Beneath"/> refuses a symbolic link anywhere below its root, also at the end, so that nobody who may write
/// there can lead a privileged writer elsewhere.
/// </summary>
public sealed class DiskFileLayer : IFileLayer
{
    private readonly string? _root;
    private readonly bool _walk;

    private DiskFileLayer(string? root, bool walk) => (_root, _walk) = (root, walk);

    /// <summary>The whole machine.</summary>
    public static DiskFileLayer Host { get; } = new(root: null, walk: false);

    /// <summary>Only what lies beneath a directory; paths stay absolute.</summary>
    public static DiskFileLayer Beneath(string root) => new(root, walk: false);

    /// <summary>The same without openat2, as on older kernels.</summary>
    internal static DiskFileLayer BeneathByWalking(string root) => new(root, walk: true);

    private int LastLink => _root is null ? 0 : Syscalls.NoFollow;

    public void CreateDirectory(string path, UnixFileMode mode)
    {
        using var place = Find("create directory", path);
        Check(Syscalls.MakeDirectory(place.Directory, place.Name, 0x1C0), "create directory", path);
        using var made = Open(place, "create directory", path, Syscalls.ReadOnly | Syscalls.DirectoryOnly | Syscalls.NoFollow);
        Check(Syscalls.ChangeMode(made, (uint)mode), "create directory", path);
    }

    public void CreateFile(string path, ReadOnlySpan<byte> content, UnixFileMode mode)
    {
        using var place = Find("create", path);
        // Created closed to others: the mode asked for, and it alone, comes after the content.
        using var file = Open(
            place, "create", path, Syscalls.WriteOnly | Syscalls.Create | Syscalls.Exclusive | Syscalls.NoFollow, 0x180);
        FileContent.Write(file, content, "create", path);
        Check(Syscalls.ChangeMode(file, (uint)mode), "create", path);
    }

    public void Append(string path, ReadOnlySpan<byte> content)
    {
        using var place = Find("append to", path);
        using var file = Open(place, "append to", path, Syscalls.WriteOnly | Syscalls.AppendOnly | LastLink);
        FileContent.Write(file, content, "append to", path);
    }

    public void Truncate(string path, long length)
    {
        using var place = Find("truncate", path);
        using var file = Open(place, "truncate", path, Syscalls.WriteOnly | LastLink);
        Check(Syscalls.Truncate(file, length), "truncate", path);
    }

    public void Flush(string path) => Flush("flush", path, LastLink);

    public void FlushDirectory(string path) => Flush("flush directory", path, Syscalls.DirectoryOnly | LastLink);

    public void Rename(string from, string to)
    {
        using var source = Find("rename", from);
        using var target = Find("rename", to);
        Check(Syscalls.Rename(source.Directory, source.Name, target.Directory, target.Name), $"rename {from} to", to);
    }

    public void Exchange(string one, string other)
    {
        using var first = Find("exchange", one);
        using var second = Find("exchange", other);
        Check(Syscalls.Rename(first.Directory, first.Name, second.Directory, second.Name, Syscalls.RenameExchange), $"exchange {one} with", other);
    }

    public void FlushAll(string path)
    {
        using var place = Find("flush file system of", path);
        using var file = Open(place, "flush file system of", path, Syscalls.ReadOnly | Syscalls.NonBlocking | LastLink);
        Check(Syscalls.FlushFileSystem(file), "flush file system of", path);
    }

    public void Link(string existing, string path)
    {
        using var source = Find("link", existing);
        using var target = Find("link", path);
        Check(Syscalls.Link(source.Directory, source.Name, target.Directory, target.Name, 0), $"link {existing} as", path);
    }

    public void LinkSymbolically(string target, string path)
    {
        using var place = Find("link symbolically", path);
        Check(Syscalls.LinkSymbolically(target, place.Directory, place.Name), "link symbolically", path);
    }

    public void Unlink(string path)
    {
        using var place = Find("unlink", path);
        Check(Syscalls.Unlink(place.Directory, place.Name, 0), "unlink", path);
    }

    public void RemoveDirectory(string path)
    {
        using var place = Find("remove directory", path);
        Check(Syscalls.Unlink(place.Directory, place.Name, Syscalls.AtRemoveDirectory), "remove directory", path);
    }

    public void SetMode(string path, UnixFileMode mode)
    {
        using var place = Find("set mode of", path);
        using var file = Open(place, "set mode of", path, Syscalls.ReadOnly | Syscalls.NonBlocking | LastLink);
        Check(Syscalls.ChangeMode(file, (uint)mode), "set mode of", path);
    }

    public void SetOwner(string path, FileOwner owner)
    {
        using var place = Find("set owner of", path);
        Check(
            Syscalls.ChangeOwner(place.Directory, place.Name, owner.User, owner.Group, Syscalls.AtSymlinkNoFollow),
            "set owner of",
            path);
    }

    public FileStat? Stat(string path)
    {
        try
        {
            using var place = Find("stat", path);
            var answer = Syscalls.Stat(
                place.Directory, place.Name, Syscalls.AtSymlinkNoFollow, Syscalls.StatXBasic, out var stat);
            return answer < 0 ? throw Errno.ToException("stat", path) : FileContent.ToFileStat(stat);
        }
        catch (FileLayerException missing) when (missing.Fault is FileFault.NotFound or FileFault.NotDirectory)
        {
            return null;
        }
    }

    public byte[]? Read(string path, int limitBytes)
    {
        try
        {
            using var place = Find("read", path);
            using var file = Open(place, "read", path, Syscalls.ReadOnly | Syscalls.NonBlocking | LastLink);
            return FileContent.ReadToEnd(file, limitBytes, path);
        }
        catch (FileLayerException missing) when (missing.Fault is FileFault.NotFound)
        {
            return null;
        }
    }

    public Stream OpenRead(string path)
    {
        using var place = Find("read", path);
        return new FileStream(Open(place, "read", path, Syscalls.ReadOnly | Syscalls.NonBlocking | LastLink), FileAccess.Read);
    }

    public string ReadLink(string path)
    {
        using var place = Find("read link", path);
        Span<byte> buffer = stackalloc byte[4096];
        var length = Syscalls.ReadLink(place.Directory, place.Name, buffer, (nuint)buffer.Length);
        return length < 0 ? throw Errno.ToException("read link", path) : Encoding.UTF8.GetString(buffer[..(int)length]);
    }

    public IReadOnlyList<string> Enumerate(string path)
    {
        using var place = Find("list", path);
        using var directory = Open(place, "list", path, Syscalls.ReadOnly | Syscalls.DirectoryOnly | LastLink);
        return FileContent.ReadNames(directory, path);
    }

    private Place Find(string operation, string path) =>
        _root is null ? Place.Anywhere(operation, path) : Place.Beneath(_root, operation, path, _walk);

    private static SafeFileHandle Open(in Place place, string operation, string path, int flags, uint mode = 0)
    {
        var handle = Syscalls.Open(place.Directory, place.Name, flags | Syscalls.CloseOnExec, mode);
        return handle < 0 ? throw Errno.ToException(operation, path) : new SafeFileHandle(handle, ownsHandle: true);
    }

    internal static void Check(int answer, string operation, string path)
    {
        if (answer < 0)
        {
            throw Errno.ToException(operation, path);
        }
    }

    private void Flush(string operation, string path, int flags)
    {
        using var place = Find(operation, path);
        using var file = Open(place, operation, path, Syscalls.ReadOnly | Syscalls.NonBlocking | flags);
        Check(Syscalls.Flush(file), operation, path);
    }
}
