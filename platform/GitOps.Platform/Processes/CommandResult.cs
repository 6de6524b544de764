namespace GitOps.Platform.Processes;

/// <summary>How a program ended and what it said.</summary>
/// <param name="ExitCode">128 + signal number when a signal ended it; 127 when there is no such program.</param>
/// <param name="Output">Standard output as UTF-8, up to the limit; empty when it was consumed.</param>
/// <param name="Error">Standard error as UTF-8, up to the limit.</param>
/// <param name="TimedOut">The deadline passed and it was killed.</param>
public sealed record CommandResult(int ExitCode, string Output, string Error, bool TimedOut)
{
    /// <summary>Output or error was longer than the limit.</summary>
    public bool IsCut { get; init; }

    /// <summary>
    /// Ended by SIGKILL or SIGTERM: ours at the deadline, or somebody else's. Other signals cannot be told from exit codes:
    /// git ends with 129 on its own account.
    /// </summary>
    public bool WasKilled => ExitCode is 128 + 9 or 128 + 15;

    /// <summary>Ended by itself, content.</summary>
    public bool Succeeded => ExitCode == 0 && !TimedOut;
}
