using System.Runtime.InteropServices;

namespace GitOps.Platform.Processes;

/// <summary>What .NET has no call for: signals to processes and groups, and letting go of inherited streams.</summary>
public static partial class ProcessSignals
{
    /// <summary>SIGKILL.</summary>
    public const int Kill = 9;

    /// <summary>Sends a signal to a process, or with a negative id to the group it leads. That nobody is there is fine.</summary>
    /// <returns>Whether somebody was there who may be signalled.</returns>
    public static bool Send(int process, int signal) => SendSignal(process, signal) == 0;

    /// <summary>Points the standard streams of this process at nothing: whoever reads their other end sees the end.</summary>
    public static void DetachStandardStreams()
    {
        var nothing = Open("/dev/null", 2, 0);
        for (var stream = 0; stream <= 2; stream++)
        {
            _ = Duplicate(nothing, stream);
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int process, int signal);

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "dup2")]
    private static partial int Duplicate(int from, int to);
}
