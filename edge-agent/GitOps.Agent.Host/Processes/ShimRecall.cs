using System.Collections.Concurrent;
using GitOps.Platform.Timing;

namespace GitOps.Agent.Host.Processes;

/// <summary>
/// Asks a shim for what it noted of its run, when that is gone or damaged: what runs must not be taken for not running.
/// </summary>
internal sealed class ShimRecall(ShimFiles runs, TimeProvider time)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);
    private readonly ConcurrentDictionary<string, Wakeup> _asked = new();

    /// <summary>A shim noted something about the run of a name.</summary>
    public void Changed(string name)
    {
        if (_asked.TryGetValue(name, out var changed))
        {
            changed.Signal();
        }
    }

    /// <returns>What the shim says; null when there is none, and so nothing that runs.</returns>
    /// <exception cref="IOException">There is one and it does not say: nothing may be decided about its run.</exception>
    public async Task<ShimStatus?> AskAsync(string name, CancellationToken cancellationToken)
    {
        if (runs.FindShim(name) is not { } shim)
        {
            return runs.ReadStatus(name); // it may have ended just now, with its last word
        }

        var changed = _asked.GetOrAdd(name, _ => new Wakeup(time));
        try
        {
            // A signal that does nothing where it is not expected, and that no terminal, service or nohup has made ignored.
            ProcessTable.Signal(shim, "SIGWINCH");
            await changed.WaitAsync(Limit, cancellationToken);
            return runs.ReadStatus(name) ?? throw new IOException($"{name} runs under process {shim}, and what was noted of it cannot be read");
        }
        finally
        {
            _asked.TryRemove(name, out _);
        }
    }
}
