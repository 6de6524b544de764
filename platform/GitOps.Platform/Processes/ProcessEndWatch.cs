using System.Runtime.InteropServices;

namespace GitOps.Platform.Processes;

/// <summary>
/// Tells when processes end that somebody else started, without looking again and again: by process handles of the kernel
/// (pidfd_open(2), Linux 5.3), all waited for by one thread that sleeps meanwhile.
/// </summary>
public sealed partial class ProcessEndWatch : IDisposable
{
    private const long PidFdOpen = 434; // on every architecture
    private const short Readable = 1; // POLLIN
    private const int CloseOnExec = 0x80000; // EFD_CLOEXEC
    private const int NonBlocking = 0x800; // EFD_NONBLOCK

    private readonly Lock _lock = new();
    private readonly Dictionary<int, (int Handle, Action Ended)> _watched = [];
    private readonly int _changed = CreateEvent(0, CloseOnExec | NonBlocking);
    private readonly Thread _waiting;
    private bool _isDisposed;

    public ProcessEndWatch()
    {
        _waiting = new Thread(Wait) { IsBackground = true, Name = "process ends" };
        _waiting.Start();
    }

    /// <summary>Calls once when the process has ended; again for the same process changes nothing.</summary>
    /// <returns>False when it has ended already, or the kernel has no such handles: then nothing is called.</returns>
    public bool Watch(int pid, Action ended)
    {
        lock (_lock)
        {
            if (_isDisposed)
            {
                return false;
            }

            if (_watched.ContainsKey(pid))
            {
                return true;
            }

            var handle = (int)Call(PidFdOpen, pid, 0);
            if (handle < 0)
            {
                return false;
            }

            _watched[pid] = (handle, ended);
        }

        Stir();
        return true;
    }

    public void Dispose()
    {
        lock (_lock)
        {
            if (_isDisposed)
            {
                return;
            }

            _isDisposed = true;
        }

        Stir();
        _waiting.Join();
        foreach (var (handle, _) in _watched.Values)
        {
            _ = Close(handle);
        }

        _ = Close(_changed);
    }

    private void Wait()
    {
        while (true)
        {
            PollEntry[] entries;
            lock (_lock)
            {
                if (_isDisposed)
                {
                    return;
                }

                entries = [new PollEntry { Handle = _changed, Wanted = Readable }, .. _watched.Values.Select(w => new PollEntry { Handle = w.Handle, Wanted = Readable })];
            }

            if (Poll(ref entries[0], (nuint)entries.Length, -1) <= 0)
            {
                continue; // a signal came between
            }

            if (entries[0].Seen != 0)
            {
                _ = Read(_changed, out _, 8);
            }

            foreach (var ended in Take([.. entries.Skip(1).Where(e => e.Seen != 0).Select(e => e.Handle)]))
            {
                ended();
            }
        }
    }

    private List<Action> Take(HashSet<int> handles)
    {
        lock (_lock)
        {
            var gone = _watched.Where(w => handles.Contains(w.Value.Handle)).ToList();
            foreach (var (pid, (handle, _)) in gone)
            {
                _watched.Remove(pid);
                _ = Close(handle);
            }

            return gone.ConvertAll(w => w.Value.Ended);
        }
    }

    private void Stir() => _ = Write(_changed, 1, 8);

    /// <summary><c>struct pollfd</c> of poll(2).</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct PollEntry
    {
        public int Handle;
        public short Wanted;
        public short Seen;
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long Call(long number, int pid, uint flags);

    [LibraryImport("libc", EntryPoint = "eventfd")]
    private static partial int CreateEvent(uint initial, int flags);

    [LibraryImport("libc", EntryPoint = "poll")]
    private static partial int Poll(ref PollEntry entries, nuint count, int timeout);

    [LibraryImport("libc", EntryPoint = "read")]
    private static partial nint Read(int handle, out ulong value, nuint length);

    [LibraryImport("libc", EntryPoint = "write")]
    private static partial nint Write(int handle, in ulong value, nuint length);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int handle);
}
