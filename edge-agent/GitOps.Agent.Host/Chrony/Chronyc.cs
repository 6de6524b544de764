using GitOps.Platform.Processes;

namespace GitOps.Agent.Host.Chrony;

/// <summary>Asks a running chronyd, through its program: the protocol between them is chrony's own.</summary>
internal sealed class Chronyc(ICommandRunner commands, string? socketPath)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(5);

    /// <summary>What it prints; null when chronyd does not answer or refuses.</summary>
    public async Task<string?> AskAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> where = socketPath is null ? [] : ["-h", socketPath];
        var command = new Command(["chronyc", "-c", "-N", .. where, .. arguments]) { Deadline = Deadline, OutputLimitBytes = 64 * 1024 };
        var result = await commands.RunAsync(command, cancellationToken);
        return result.Succeeded ? result.Output : null;
    }
}
