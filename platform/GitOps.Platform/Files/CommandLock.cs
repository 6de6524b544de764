using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace GitOps.Platform.Files;

/// <summary>
/// Keeps two programs off one directory: held by an open handle (flock), so a holder that dies lets go, whatever killed
/// it. The file stays; it holds the process id of the last holder, for the message of whoever is refused.
/// </summary>
public sealed class CommandLock : IDisposable
{
    private readonly SafeFileHandle _file;

    private CommandLock(SafeFileHandle file) => _file = file;

    /// <summary>Takes the lock, or returns null and who has it.</summary>
    public static CommandLock? TryTake(string path, out string holder)
    {
        // Not File.OpenHandle: on Linux .NET takes a lock of its own kind on what it opens, which would refuse the second.
        var handle = Syscalls.Open(path, Syscalls.ReadWrite | Syscalls.Create | Syscalls.CloseOnExec, 0x180);
        if (handle < 0)
        {
            throw Errno.ToException("lock", path);
        }

        var file = new SafeFileHandle(handle, ownsHandle: true);
        if (Syscalls.Lock(file, Syscalls.LockExclusive | Syscalls.LockNonBlocking) != 0)
        {
            using (file)
            {
                holder = Errno.Last == Errno.TryAgain ? ReadHolder(file) : throw Errno.ToException("lock", path);
                return null;
            }
        }

        holder = string.Create(CultureInfo.InvariantCulture, $"process {Environment.ProcessId}");
        // Only a message: a full or failing disk must not keep an agent from starting.
        var text = Encoding.UTF8.GetBytes(holder);
        _ = Syscalls.Truncate(file, 0);
        _ = Syscalls.Write(file, text, (nuint)text.Length);
        return new CommandLock(file);
    }

    public void Dispose()
    {
        if (!_file.IsClosed)
        {
            // Closing is not enough: a child between fork and exec has the same open file, and would hold the lock a moment longer.
            _ = Syscalls.Lock(_file, Syscalls.Unlock);
        }

        _file.Dispose();
    }

    private static string ReadHolder(SafeFileHandle file)
    {
        Span<byte> text = stackalloc byte[64];
        var length = (int)Syscalls.Read(file, text, (nuint)text.Length);
        return length <= 0 ? "another process" : Encoding.UTF8.GetString(text[..length]);
    }
}
