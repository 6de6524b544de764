using System.Diagnostics;

namespace GitOps.Platform.Processes;

/// <summary>Runs programs as real processes, each in a group of its own that is killed as one.</summary>
public sealed class CommandRunner(TimeProvider time) : ICommandRunner
{
    /// <summary>
    /// How long a pipe may stay open after the program has ended. Something it left running may hold it for ever.
    /// </summary>
    private static readonly TimeSpan PipeGrace = TimeSpan.FromSeconds(2);

    public async Task<CommandResult> RunAsync(Command command, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var process = ProcessGroup.Start(command);
        if (process is null)
        {
            return new CommandResult(127, "", $"there is no program '{command.Arguments[0]}' on this machine", TimedOut: false);
        }

        using var deadline = new CancellationTokenSource(command.Deadline, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        var output = new BoundedText(command.OutputLimitBytes);
        var error = new BoundedText(command.OutputLimitBytes);
        try
        {
            command.Started?.Invoke(process.Id);
            process.StandardInput.Close();
            var consume = command.Consume ?? output.ReadAsync;
            var consuming = ConsumeAsync(consume, process.StandardOutput.BaseStream, stop.Token);
            error.Line = command.ErrorLine;
            var reading = error.ReadAsync(process.StandardError.BaseStream, stop.Token);
            await EndAsync(process, consuming, reading, stop.Token).ConfigureAwait(false);
            return Result(timedOut: false);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            ProcessGroup.Kill(process);
            await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
            return Result(timedOut: true);
        }
        finally
        {
            if (!process.HasExited)
            {
                ProcessGroup.Kill(process); // cancelled, or the consumer failed: nothing may stay behind
            }
        }

        CommandResult Result(bool timedOut) =>
            new(process.ExitCode, output.ToString(), error.ToString(), timedOut) { IsCut = output.IsCut || error.IsCut };
    }

    private async Task EndAsync(Process process, Task consuming, Task reading, CancellationToken cancellationToken)
    {
        var exit = process.WaitForExitAsync(cancellationToken);
        if (await Task.WhenAny(consuming, exit).ConfigureAwait(false) == consuming)
        {
            await consuming.ConfigureAwait(false); // a consumer that failed ends the program instead of leaving it blocked
        }

        await exit.ConfigureAwait(false);
        try
        {
            await Task.WhenAll(consuming, reading).WaitAsync(PipeGrace, time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            ProcessGroup.Kill(process);
        }
    }

    /// <summary>A consumer that returns early has seen enough; the rest is read and dropped so that the program can end.</summary>
    private static async Task ConsumeAsync(
        Func<Stream, CancellationToken, Task> consume, Stream pipe, CancellationToken cancellationToken)
    {
        await consume(pipe, cancellationToken).ConfigureAwait(false);
        await pipe.CopyToAsync(Stream.Null, cancellationToken).ConfigureAwait(false);
    }
}
