using System.Diagnostics;

namespace GitOps.Platform.Processes;

/// <summary>
/// Starts a program as the leader of a session of its own, so that it and all it starts can be killed as one. .NET cannot
/// ask for that between fork and exec; <c>setsid</c> (util-linux, BusyBox) does, and becomes the program, same pid.
/// </summary>
internal static class ProcessGroup
{
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

    /// <summary>Kills the program and all of its group: what made itself a session of its own goes on.</summary>
    public static void Kill(Process process)
    {
        // Between fork and setsid the group does not exist yet; the tree walk covers that, and a machine without setsid. Never
        // both: a killed program may not have ended yet, and the walk would find what it had let go of.
        if (SetSid is not null && ProcessSignals.Send(-process.Id, ProcessSignals.Kill))
        {
            return;
        }

        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
        }
    }
}
