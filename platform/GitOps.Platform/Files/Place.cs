using Microsoft.Win32.SafeHandles;

namespace GitOps.Platform.Files;

/// <summary>
/// A name and an open handle of the directory that holds it: calls relative to the handle cannot be led elsewhere by a
/// link that somebody swaps in meanwhile.
/// </summary>
internal readonly record struct Place(SafeFileHandle Directory, string Name) : IDisposable
{
    private static readonly int OpenDirectory = Syscalls.PathOnly | Syscalls.DirectoryOnly | Syscalls.CloseOnExec;

    public void Dispose() => Directory.Dispose();

    /// <summary>Finds the directory anywhere on the machine, following links as everybody does.</summary>
    public static Place Anywhere(string operation, string path)
    {
        RequirePlain(operation, path);
        var parent = Path.GetDirectoryName(path);
        return parent is null
            ? new Place(Open(operation, "/"), ".")
            : new Place(Open(operation, parent), Path.GetFileName(path));
    }

    /// <summary>Finds the directory beneath a root, refusing every link between the root and the name.</summary>
    public static Place Beneath(string root, string operation, string path, bool walk)
    {
        RequirePlain(operation, path);
        var rootHandle = Open(operation, root);
        if (path == root)
        {
            return new Place(rootHandle, ".");
        }

        using (rootHandle)
        {
            var prefix = root == "/" ? root : root + "/";
            if (!path.StartsWith(prefix, StringComparison.Ordinal))
            {
                throw new FileLayerException(FileFault.Outside, operation, path, $"does not lie beneath {root}");
            }

            var relative = path[prefix.Length..];
            var slash = relative.LastIndexOf('/');
            var parent = slash < 0 ? "." : relative[..slash];
            var directory = walk ? null : OpenAtOnce(rootHandle, operation, path, parent);
            return new Place(directory ?? Walk(rootHandle, operation, path, parent), relative[(slash + 1)..]);
        }
    }

    private static void RequirePlain(string operation, string path)
    {
        var isPlain = path is "/" || (path.StartsWith('/') && path[1..].Split('/').All(part => part is not ("" or "." or ".."))
            && !path.Contains('\0'));
        if (!isPlain)
        {
            throw new FileLayerException(FileFault.Outside, operation, path, "is not an absolute path in its plain form");
        }
    }

    private static SafeFileHandle Open(string operation, string path)
    {
        var handle = Syscalls.Open(path, OpenDirectory, 0);
        return handle < 0 ? throw Errno.ToException(operation, path) : new SafeFileHandle(handle, ownsHandle: true);
    }

    /// <summary>One openat2 call (Linux 5.6); null where the kernel or a sandbox does not have it.</summary>
    private static SafeFileHandle? OpenAtOnce(SafeFileHandle root, string operation, string path, string parent)
    {
        while (true)
        {
            var how = new Syscalls.OpenHow
            {
                Flags = (ulong)OpenDirectory,
                Resolve = Syscalls.ResolveBeneath | Syscalls.ResolveNoSymlinks | Syscalls.ResolveNoMagicLinks,
            };
            var handle = Syscalls.Open(Syscalls.OpenAt2, root, parent, ref how, 24);
            if (handle >= 0)
            {
                return new SafeFileHandle((nint)handle, ownsHandle: true);
            }

            switch (Errno.Last)
            {
                case Errno.NotImplemented or Errno.NotPermitted:
                    return null;
                case Errno.TryAgain or Errno.Interrupted: // a concurrent rename: the kernel asks to try again
                    continue;
                default:
                    throw Errno.ToException(operation, path);
            }
        }
    }

    /// <summary>The same, one directory at a time; O_PATH with O_NOFOLLOW and O_DIRECTORY refuses a link at each.</summary>
    private static SafeFileHandle Walk(SafeFileHandle root, string operation, string path, string parent)
    {
        var current = Step(root, ".");
        foreach (var part in parent.Split('/'))
        {
            using var from = current;
            current = Step(from, part);
        }

        return current;

        SafeFileHandle Step(SafeFileHandle from, string name)
        {
            var handle = Syscalls.Open(from, name, OpenDirectory | Syscalls.NoFollow, 0);
            if (handle >= 0)
            {
                return new SafeFileHandle(handle, ownsHandle: true);
            }

            var failure = Errno.ToException(operation, path);
            // A link opened with O_DIRECTORY | O_NOFOLLOW says "not a directory"; openat2 says "link". One word for both.
            var isLink = failure.Fault == FileFault.NotDirectory
                && Syscalls.Stat(from, name, Syscalls.AtSymlinkNoFollow, Syscalls.StatXBasic, out var stat) == 0
                && (stat.Mode & 0xF000) == 0xA000;
            throw isLink ? new FileLayerException(FileFault.Link, operation, path, $"'{name}' is a symbolic link") : failure;
        }
    }
}
