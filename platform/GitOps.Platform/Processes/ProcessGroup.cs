using System.Diagnostics;
using System.Runtime.InteropServices;

namespace GitOps.Platform.Processes;

/// <summary>
/// Starts a program as the leader of a session of its own, so that it and all it starts can be killed as one. .NET cannot
/// ask for that between fork and exec; <c>setsid</c> (util-linux, BusyBox) does, and becomes the program, same pid.
/// </summary>
internal static partial class ProcessGroup
{
    private const int Kill9 = 9;
    private static readonly string? SetSid = ProgramPath.Find("setsid", workingDirectory: null);

    /// <summary>Null when there is no such program.</summary>
    public static Process? Start(Command command)
    {
        if (ProgramPath.Find(command.Arguments[0], command.WorkingDirectory) is not { } program)
        {
            return null;
        }

        var start = new ProcessStartInfo(SetSid ?? program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = command.WorkingDirectory ?? "",
        };
        if (SetSid is not null)
        {
            start.ArgumentList.Add(program);
        }

        foreach (var argument in command.Arguments.Skip(1))
        {
            start.ArgumentList.Add(argument);
        }

        if (!command.InheritsEnvironment)
        {
            start.Environment.Clear();
            start.Environment["PATH"] = Environment.GetEnvironmentVariable("PATH");
        }

        foreach (var (name, value) in command.Environment)
        {
            if (value is null)
            {
                start.Environment.Remove(name);
            }
            else
            {
                start.Environment[name] = value;
            }
        }

        return Process.Start(start);
    }

    /// <summary>Kills the program and all it started.</summary>
    public static void Kill(Process process)
    {
        // Between fork and setsid the group does not exist yet; the tree walk covers that, and a machine without setsid.
        if (SetSid is not null)
        {
            _ = Signal(-process.Id, Kill9);
        }

        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Signal(int process, int signal);
}
