using System.Buffers.Binary;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace GitOps.Platform.Files;

/// <summary>Reads and writes what an open handle leads to.</summary>
internal static class FileContent
{
    private const int ModeBits = 0xFFF;
    private const int KindBits = 0xF000;

    // Calls of our own and not RandomAccess: on a disk that has begun to fail, .NET takes the error of its first lseek for
    // "this is a pipe" and throws NotSupportedException, which no handler of disk errors expects.

    /// <summary>Writes all of it at the handle's position.</summary>
    public static void Write(SafeFileHandle file, ReadOnlySpan<byte> content, string operation, string path)
    {
        while (content.Length > 0)
        {
            var written = Syscalls.Write(file, content, (nuint)content.Length);
            if (written >= 0)
            {
                content = content[(int)written..];
            }
            else if (Errno.Last != Errno.Interrupted)
            {
                throw Errno.ToException(operation, path);
            }
        }
    }

    public static byte[] ReadToEnd(SafeFileHandle file, int limitBytes, string path)
    {
        DiskFileLayer.Check(Syscalls.Stat(file, "", Syscalls.AtEmptyPath, Syscalls.StatXBasic, out var stat), "read", path);
        if ((stat.Mode & KindBits) == 0x4000)
        {
            throw new FileLayerException(FileFault.IsDirectory, "read", path, "is a directory");
        }

        // Files of /proc and /sys say 0 bytes: the size is a hint, the limit is what holds.
        var buffer = GC.AllocateUninitializedArray<byte>((int)Math.Min(limitBytes + 1L, Math.Max((long)stat.Size, 512)));
        Span<byte> next = stackalloc byte[1];
        var length = 0;
        while (length <= limitBytes && ReadSome(file, buffer.AsSpan(length), path) is > 0 and var read)
        {
            length += read;
            if (length == buffer.Length)
            {
                // A large file whose size was right is not copied to learn that it ends here.
                if (ReadSome(file, next, path) == 0)
                {
                    break;
                }

                Array.Resize(ref buffer, (int)Math.Max(length + 1L, Math.Min(2L * length, limitBytes + 1L)));
                buffer[length++] = next[0];
            }
        }

        if (length > limitBytes)
        {
            throw new FileLayerException(FileFault.TooLarge, "read", path, $"has more than {limitBytes} bytes");
        }

        return length == buffer.Length ? buffer : buffer.AsSpan(0, length).ToArray();
    }

    private static int ReadSome(SafeFileHandle file, Span<byte> buffer, string path)
    {
        while (true)
        {
            var read = (int)Syscalls.Read(file, buffer, (nuint)buffer.Length);
            if (read >= 0)
            {
                return read;
            }

            if (Errno.Last != Errno.Interrupted)
            {
                throw Errno.ToException("read", path);
            }
        }
    }

    public static List<string> ReadNames(SafeFileHandle directory, string path)
    {
        List<string> names = [];
        var buffer = new byte[32 * 1024];
        while (true)
        {
            var length = Syscalls.ReadEntries(Syscalls.GetDirectoryEntries, directory, buffer, (nuint)buffer.Length);
            if (length <= 0)
            {
                DiskFileLayer.Check((int)length, "list", path);
                names.Sort(StringComparer.Ordinal);
                return names;
            }

            // struct linux_dirent64: inode (8), offset (8), record length (2), type (1), name, zero
            for (var at = 0; at < length;)
            {
                var record = BinaryPrimitives.ReadUInt16LittleEndian(buffer.AsSpan(at + 16));
                var name = buffer.AsSpan(at + 19, record - 19);
                var text = Encoding.UTF8.GetString(name[..name.IndexOf((byte)0)]);
                if (text is not ("." or ".."))
                {
                    names.Add(text);
                }

                at += record;
            }
        }
    }

    public static FileStat ToFileStat(in Syscalls.StatX stat) => new(
        (stat.Mode & KindBits) switch
        {
            0x8000 => FileKind.File,
            0x4000 => FileKind.Directory,
            0xA000 => FileKind.Link,
            _ => FileKind.Other,
        },
        (long)stat.Size,
        (UnixFileMode)(stat.Mode & ModeBits),
        new FileOwner(stat.User, stat.Group),
        DateTimeOffset.UnixEpoch.AddSeconds(stat.ModifiedSeconds).AddTicks(stat.ModifiedNanoseconds / 100),
        stat.Inode,
        stat.Links);
}
