namespace GitOps.Platform.Files;

/// <summary>What a name refers to that is neither file, directory nor link.</summary>
public enum SpecialKind
{
    /// <summary>None of these.</summary>
    None,

    /// <summary>A named pipe.</summary>
    Pipe,

    /// <summary>A socket.</summary>
    Socket,

    /// <summary>A character device.</summary>
    CharacterDevice,

    /// <summary>A block device.</summary>
    BlockDevice,
}

/// <summary>Tells sockets and devices apart, which <see cref="FileKind"/> does not.</summary>
public static class SpecialFile
{
    private const int TypeBits = 0xF000; // S_IFMT, inode(7)

    /// <summary>Of a path, not following a link at its end; <see cref="SpecialKind.None"/> also when nothing is there.</summary>
    /// <exception cref="FileLayerException">Its directory cannot be opened.</exception>
    public static SpecialKind KindOf(string path)
    {
        using var place = Place.Anywhere("stat", path);
        return Syscalls.Stat(place.Directory, place.Name, Syscalls.AtSymlinkNoFollow, Syscalls.StatXBasic, out var stat) != 0
            ? SpecialKind.None
            : (stat.Mode & TypeBits) switch
            {
                0x1000 => SpecialKind.Pipe,
                0x2000 => SpecialKind.CharacterDevice,
                0x6000 => SpecialKind.BlockDevice,
                0xC000 => SpecialKind.Socket,
                _ => SpecialKind.None,
            };
    }
}
