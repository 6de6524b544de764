using GitOps.Agent.Storage;
using GitOps.Bundles.Units;
using GitOps.Platform.Timing;

namespace GitOps.Agent.Host.Storage;

/// <summary>Knows what one volume holds, counted again and again in the background.</summary>
internal sealed class VolumeWatch : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _counting = new();
    private readonly VolumeScanner _scanner;
    private readonly Func<VolumeUsage, VolumeUsage> _weigh;
    private readonly TimeProvider _time;
    private readonly Wakeup _wakeup;
    private readonly Action<VolumeUsage?, VolumeUsage> _counted;
    private readonly Task _running;
    private volatile VolumeUsage? _usage;

    /// <param name="weigh">Adds what the file system says to what was counted.</param>
    /// <param name="counted">Told of every whole scan, with the one before.</param>
    public VolumeWatch(VolumeSpec spec, VolumeScanner scanner, Func<VolumeUsage, VolumeUsage> weigh, TimeProvider time, Action<VolumeUsage?, VolumeUsage> counted)
    {
        (Spec, _scanner, _weigh, _time, _counted) = (spec, scanner, weigh, time, counted);
        _wakeup = new Wakeup(time);
        _running = Task.Run(() => RunAsync(_stop.Token), CancellationToken.None);
    }

    public VolumeSpec Spec { get; }

    public VolumeUsage? Usage => _usage;

    /// <summary>Takes removed files off the count, and counts again soon.</summary>
    public void NoteRemoved(IReadOnlyCollection<VolumeFile> files)
    {
        lock (_counting)
        {
            _usage = _usage?.Without(files);
        }

        _wakeup.Signal();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    private async Task RunAsync(CancellationToken stop)
    {
        try
        {
            while (true)
            {
                var start = _time.GetTimestamp();
                var found = await _scanner.ScanAsync(stop);
                VolumeUsage? before;
                VolumeUsage usage;
                lock (_counting) // what is free is never of before a removal that was noted
                {
                    (before, usage) = (_usage, _weigh(found));
                    _usage = usage;
                }

                _counted(before, usage);
                await _wakeup.WaitAsync(ScanPacing.Pause(Spec, usage, _time.GetElapsedTime(start)), stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Disposed: the only way out.
        }
    }
}
