namespace GitOps.Platform.Files;

/// <summary>
/// The one door to durable storage. Each member is one system call's worth of effect, so that a recording implementation
/// can replay every state a power cut may leave behind; nothing is durable until flushed. Paths are absolute, without
/// <c>.</c> and <c>..</c>. Failures are <see cref="FileLayerException"/>.
/// </summary>
/// <remarks>
/// What holds after a power cut: content after <see cref="Flush"/> of the file, names after <see cref="FlushDirectory"/>
/// of the directory that holds them, a rename entirely or not at all. Nothing else is promised.
/// </remarks>
public interface IFileLayer
{
    /// <summary>Creates one directory; its parent must exist, and nothing of its name.</summary>
    void CreateDirectory(string path, UnixFileMode mode);

    /// <summary>Creates a file that must not exist yet, with exactly this mode whatever the umask.</summary>
    void CreateFile(string path, ReadOnlySpan<byte> content, UnixFileMode mode);

    /// <summary>Adds to the end of an existing file.</summary>
    void Append(string path, ReadOnlySpan<byte> content);

    /// <summary>Cuts or extends (with zeros) an existing file.</summary>
    void Truncate(string path, long length);

    /// <summary>fsync of a file: its content and mode hold from here on, its name does not.</summary>
    void Flush(string path);

    /// <summary>fsync of a directory: the names in it hold from here on.</summary>
    void FlushDirectory(string path);

    /// <summary>Moves a name, replacing a file of the target name.</summary>
    void Rename(string from, string to);

    /// <summary>
    /// Lets two names change places, as one: files, directories or both. <see cref="FileFault.Other"/> where the file system
    /// cannot do it.
    /// </summary>
    void Exchange(string one, string other);

    /// <summary>Everything on the file system that holds the path holds from here on: contents, modes and names.</summary>
    void FlushAll(string path);

    /// <summary>Gives an existing file a second name.</summary>
    void Link(string existing, string path);

    /// <summary>Creates a symbolic link; <paramref name="target"/> is stored as it is.</summary>
    void LinkSymbolically(string target, string path);

    /// <summary>Removes the name of a file or symbolic link.</summary>
    void Unlink(string path);

    /// <summary>Removes an empty directory.</summary>
    void RemoveDirectory(string path);

    /// <summary>Sets the mode of a file or directory.</summary>
    void SetMode(string path, UnixFileMode mode);

    /// <summary>Sets owner and group by number; a symbolic link is not followed.</summary>
    void SetOwner(string path, FileOwner owner);

    /// <summary>What is at the path, not following a symbolic link at its end; null when nothing is.</summary>
    FileStat? Stat(string path);

    /// <summary>The whole content; null when there is no such file; <see cref="FileFault.TooLarge"/> above the limit.</summary>
    byte[]? Read(string path, int limitBytes);

    /// <summary>Opens a file for streaming; the caller disposes it.</summary>
    Stream OpenRead(string path);

    /// <summary>Where a symbolic link points, as stored.</summary>
    string ReadLink(string path);

    /// <summary>The names in a directory, in ordinal order.</summary>
    IReadOnlyList<string> Enumerate(string path);
}
