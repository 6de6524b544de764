using System.Diagnostics;
using System.Runtime.InteropServices;
using GitOps.Agent.Host.Faults;
using GitOps.Platform.Files;
using GitOps.Platform.Processes;

namespace GitOps.Agent.Host.Processes;

/// <summary>
/// Stands between the agent and one process, so that the agent can end, crash or be upgraded while the process runs: it
/// holds the pipes, writes the log, and notes the end durably. Takes no decisions and no orders but the one it began with.
/// </summary>
internal sealed class Shim(ShimFiles files, string name, TextWriter ready)
{
    /// <summary>Said to the agent once the run is noted on disk.</summary>
    public const string Started = "started";

    /// <summary>Said to the agent when another shim already stands there.</summary>
    public const string Busy = "busy";

    private readonly Lock _noting = new();
    private ShimStatus? _status;
    private ShimOrder? _order;

    /// <summary>Something the process left running may hold the pipes for ever.</summary>
    private static readonly TimeSpan PipeGrace = TimeSpan.FromSeconds(2);

    public async Task<int> RunAsync()
    {
        // The agent signals the process; what is meant for the agent's terminal or service must not end the shim.
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Terminate);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Ignore);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Ignore);
        using var asked = PosixSignalRegistration.Create((PosixSignal)ProcessTable.Signals["SIGWINCH"], SayAgain); // see ShimRecall
        using var alone = CommandLock.TryTake(files.LockPath(name), out _);
        if (alone is null)
        {
            Say(Busy);
            return 0;
        }

        if (files.ReadOrder(name) is not { } order)
        {
            return 70;
        }

        _order = order;

        Failpoints.Reach(Failpoint.ShimBegan);
        // Of a shim that was killed before it noted its run: two at a time is worse than none for a moment.
        foreach (var left in ProcessTable.FindMarked(files.MarkOf(name)))
        {
            ProcessTable.Signal(left, "SIGKILL");
        }

        using var log = new RotatedLog(order.LogPath, order.LogMaxBytes, order.LogFiles);
        var status = new ShimStatus(1, order.RunId, order.Key, order.Attempt, order.Restarts, ProcessTable.KernelBootId,
            ProcessTable.Find(Environment.ProcessId) ?? throw new UnreachableException("this process runs"))
        {
            StartedAtMs = ProcessTable.NowMs,
            Log = DiskFileLayer.Host.Stat(order.LogPath) is { } stat ? new LogMark(stat.Inode, stat.SizeBytes) : null,
        };
        var child = new ShimChild(files, name, order, log);
        using var process = child.Start();
        if (process is null)
        {
            Note(status with { EndedAtMs = ProcessTable.NowMs, ExitCode = 127 });
            Say(Started);
            return 0;
        }

        Failpoints.Reach(Failpoint.ShimUnnoted);
        status = status with { Process = ProcessTable.Find(process.Id) ?? new ProcessMark(process.Id, 0) };
        if (!Note(status))
        {
            ProcessTable.SignalGroup(process.Id, "SIGKILL"); // nobody would know of it, and start another one
            child.End();
            return 75;
        }

        Failpoints.Reach(Failpoint.ShimNoted);
        Say(Started);
        ProcessSignals.DetachStandardStreams();
        var reading = Task.WhenAll(
            CopyAsync(process.StandardOutput.BaseStream, log), CopyAsync(process.StandardError.BaseStream, log));
        IdleHeap.GiveBack(); // a node has one shim for each process, and all they do from here on is copy
        await process.WaitForExitAsync();
        var ended = ProcessTable.NowMs;
        // What it started and left behind would hold its ports, and nobody would know of it.
        ProcessTable.SignalGroup(process.Id, "SIGKILL");
        var wasOutOfMemory = child.End();
        await Task.WhenAny(reading, Task.Delay(PipeGrace));
        Note(status with { EndedAtMs = ended, ExitCode = process.ExitCode, OutOfMemory = wasOutOfMemory && process.ExitCode != 0 ? true : null });
        return 0;
    }

    /// <summary>Whether what is known of the run is on disk.</summary>
    private bool Note(ShimStatus status)
    {
        lock (_noting)
        {
            _status = status;
            try
            {
                files.WriteStatus(name, status);
                return true;
            }
            catch (IOException)
            {
                return false; // a full disk; of an end that is not noted the agent finds that the process is gone, and not how
            }
        }
    }

    /// <summary>The agent finds that it cannot read what was noted, and asks for it once more.</summary>
    private void SayAgain(PosixSignalContext context)
    {
        lock (_noting)
        {
            if (_status is { } status)
            {
                Note(status);
            }
        }
    }

    private static async Task CopyAsync(Stream pipe, RotatedLog log)
    {
        var buffer = new byte[16 * 1024];
        int length;
        while ((length = await pipe.ReadAsync(buffer)) > 0)
        {
            log.Write(buffer.AsSpan(0, length));
        }
    }

    private void Say(string word)
    {
        ServiceNotice.Send("READY=1"); // where systemd started it
        try
        {
            ready.WriteLine(word);
            ready.Flush();
        }
        catch (IOException)
        {
            // The agent went away meanwhile; the next one reads the status.
        }
    }

    /// <summary>systemd ends the unit that this shim is: by hand, or because the machine goes down. Otherwise it is for the agent alone.</summary>
    private void Terminate(PosixSignalContext context)
    {
        context.Cancel = true;
        lock (_noting)
        {
            if (_order is { SystemUnit: not null } order && _status is { EndedAtMs: null, Process: { } process } && ProcessTable.IsAlive(process))
            {
                ProcessTable.SignalGroup(process.Pid, order.StopSignal);
            }
        }
    }

    private static void Ignore(PosixSignalContext context) => context.Cancel = true;
}
