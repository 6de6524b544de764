using GitOps.Platform.Files;

namespace GitOps.TestKit.Files;

/// <summary>The machine's file system with a folder as its root: what is written for memory runs on a real disk unchanged.</summary>
public sealed class RebasedFileLayer(string root) : IFileLayer
{
    private static readonly DiskFileLayer Disk = DiskFileLayer.Host;

    /// <summary>The same with a folder of this one as its root.</summary>
    public RebasedFileLayer Below(string folder) => new(At(folder));

    public void CreateDirectory(string path, UnixFileMode mode) => Disk.CreateDirectory(At(path), mode);

    public void CreateFile(string path, ReadOnlySpan<byte> content, UnixFileMode mode) => Disk.CreateFile(At(path), content, mode);

    public void Append(string path, ReadOnlySpan<byte> content) => Disk.Append(At(path), content);

    public void Truncate(string path, long length) => Disk.Truncate(At(path), length);

    public void Flush(string path) => Disk.Flush(At(path));

    public void FlushDirectory(string path) => Disk.FlushDirectory(At(path));

    public void Rename(string from, string to) => Disk.Rename(At(from), At(to));

    public void Exchange(string one, string other) => Disk.Exchange(At(one), At(other));

    public void FlushAll(string path) => Disk.FlushAll(At(path));

    public void Link(string existing, string path) => Disk.Link(At(existing), At(path));

    public void LinkSymbolically(string target, string path) => Disk.LinkSymbolically(target, At(path));

    public void Unlink(string path) => Disk.Unlink(At(path));

    public void RemoveDirectory(string path) => Disk.RemoveDirectory(At(path));

    public void SetMode(string path, UnixFileMode mode) => Disk.SetMode(At(path), mode);

    public void SetOwner(string path, FileOwner owner) => Disk.SetOwner(At(path), owner);

    public FileStat? Stat(string path) => Disk.Stat(At(path));

    public byte[]? Read(string path, int limitBytes) => Disk.Read(At(path), limitBytes);

    public Stream OpenRead(string path) => Disk.OpenRead(At(path));

    public string ReadLink(string path) => Disk.ReadLink(At(path));

    public IReadOnlyList<string> Enumerate(string path) => Disk.Enumerate(At(path));

    private string At(string path) => path == "/" ? root : root + path;
}
