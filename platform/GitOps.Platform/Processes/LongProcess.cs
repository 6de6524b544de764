using System.Diagnostics;

namespace GitOps.Platform.Processes;

/// <summary>
/// A program kept running to talk to, such as <c>git cat-file --batch</c>. Disposing kills it and all of its group. The
/// deadline of the command does not apply; each exchange has its own.
/// </summary>
public sealed class LongProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly BoundedText _error;
    private readonly Task _readingError;

    private LongProcess(Process process, int errorLimitBytes)
    {
        _process = process;
        _error = new BoundedText(errorLimitBytes);
        _readingError = _error.ReadAsync(process.StandardError.BaseStream, CancellationToken.None);
    }

    /// <summary>Its process id.</summary>
    public int Id => _process.Id;

    /// <summary>Where to write; flush after each request.</summary>
    public Stream Input => _process.StandardInput.BaseStream;

    /// <summary>Where to read answers.</summary>
    public Stream Output => _process.StandardOutput.BaseStream;

    /// <summary>What it said on standard error so far, up to the command's limit.</summary>
    public string Error => _error.ToString();

    /// <summary>Whether it has ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>Starts the program; null when there is no such program.</summary>
    public static LongProcess? Start(Command command) =>
        ProcessGroup.Start(command) is { } process ? new LongProcess(process, command.OutputLimitBytes) : null;

    /// <summary>Waits for its end.</summary>
    /// <returns>The exit code, 128 + signal when a signal ended it.</returns>
    public async Task<int> WaitForExitAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        ProcessGroup.Kill(_process);
        await _process.WaitForExitAsync().ConfigureAwait(false);
        _process.Dispose(); // closes the pipes, which ends the reading even where somebody else holds the other end
        try
        {
            await _readingError.ConfigureAwait(false);
        }
        catch (Exception closed) when (closed is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // The pipe was closed under the reader, as intended.
        }
    }
}
