namespace GitOps.Platform.Timing;

/// <summary>
/// Wakes one loop: by a signal from anywhere, or when its time has come. Signals that arrive while the loop is busy count
/// as one and are not lost. Time is measured monotonically, so a stepped wall clock neither wakes nor delays it.
/// </summary>
public sealed class Wakeup(TimeProvider time)
{
    private readonly Lock _lock = new();
    private TaskCompletionSource _signal = New();

    /// <summary>Wakes the loop now, or lets its next wait return at once.</summary>
    public void Signal()
    {
        lock (_lock)
        {
            _signal.TrySetResult();
        }
    }

    /// <summary>Waits for a signal, at most this long; the signal is used up.</summary>
    /// <returns>Whether there was a signal.</returns>
    public async Task<bool> WaitAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        Task signal;
        lock (_lock)
        {
            signal = _signal.Task;
        }

        try
        {
            await signal.WaitAsync(limit, time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // A signal may have come at the same moment: it is looked for below.
        }

        lock (_lock)
        {
            var wasSignalled = _signal.Task.IsCompleted;
            if (wasSignalled)
            {
                _signal = New();
            }

            return wasSignalled;
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
