namespace GitOps.Platform.Files;

/// <summary>What a name refers to.</summary>
public enum FileKind
{
    /// <summary>A regular file.</summary>
    File,

    /// <summary>A directory.</summary>
    Directory,

    /// <summary>A symbolic link.</summary>
    Link,

    /// <summary>A socket, pipe or device.</summary>
    Other,
}

/// <summary>Numeric owner and group.</summary>
public readonly record struct FileOwner(uint User, uint Group);

/// <summary>What is known of a name without opening it.</summary>
/// <param name="Inode">The same number means the same file under another name of one file system.</param>
public sealed record FileStat(
    FileKind Kind, long SizeBytes, UnixFileMode Mode, FileOwner Owner, DateTimeOffset ModifiedAt, ulong Inode, uint Links);
