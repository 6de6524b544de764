namespace GitOps.Platform.Processes;

/// <summary>Runs programs to their end. A shell's edge: tests put a program's captured answers here.</summary>
public interface ICommandRunner
{
    /// <summary>
    /// Runs a program without input. Its failing, timing out or not existing is a result; cancellation kills it and all it
    /// started, and throws.
    /// </summary>
    Task<CommandResult> RunAsync(Command command, CancellationToken cancellationToken);
}

/// <summary>The short form.</summary>
public static class CommandRunning
{
    /// <summary>Runs a program with the default deadline and limits.</summary>
    public static Task<CommandResult> RunAsync(
        this ICommandRunner runner, IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        runner.RunAsync(new Command(arguments), cancellationToken);
}
