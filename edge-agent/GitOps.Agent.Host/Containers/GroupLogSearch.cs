using System.Collections.Concurrent;
using GitOps.Agent.Containers;
using GitOps.Agent.Host.Processes;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Host.Containers;

/// <summary>
/// Looks for texts in what the containers of one group have written, each in its newest run. A log is followed until it has
/// the text: each byte is read once, and afterwards the engine is left alone.
/// </summary>
internal sealed class GroupLogSearch(Engine engine) : ILogSearch, IAsyncDisposable
{
    private const int LimitBytes = 1 << 20;

    private readonly ConcurrentDictionary<(ContainerRunId Run, string Text), Following> _followings = new();
    private volatile IReadOnlyList<ContainerRunId> _runs = [];

    /// <summary>These are there now; what was written by others counts no more.</summary>
    public async Task SeeAsync(IEnumerable<InspectedContainer> containers)
    {
        _runs = [.. containers.Select(c => ContainerRunId.Of(c, _runs)).OfType<ContainerRunId>()];
        foreach (var key in _followings.Keys.Where(key => !_runs.Contains(key.Run)))
        {
            await ForgetAsync(key);
        }
    }

    public string? Find(LogProbe probe)
    {
        var isFound = false;
        foreach (var run in _runs) // every one is begun, whatever another has found
        {
            isFound |= _followings.GetOrAdd((run, probe.Contains), key => new Following(engine, key.Run, key.Text)).Look();
        }

        return isFound ? null : $"no line of its containers' logs has '{probe.Contains}' yet";
    }

    public async ValueTask DisposeAsync()
    {
        _runs = [];
        foreach (var key in _followings.Keys)
        {
            await ForgetAsync(key);
        }
    }

    private async Task ForgetAsync((ContainerRunId Run, string Text) key)
    {
        if (_followings.TryRemove(key, out var following))
        {
            await following.DisposeAsync();
        }
    }

    /// <summary>One log and one text.</summary>
    private sealed class Following(Engine engine, ContainerRunId run, string text) : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly Lock _lock = new();
        private Task<bool>? _reading;

        /// <summary>Whether it has been found so far. A log that could not be read is begun again.</summary>
        public bool Look()
        {
            lock (_lock)
            {
                if (_reading is null or { IsFaulted: true } && !_stop.IsCancellationRequested)
                {
                    _reading = Task.Run(() => engine.FindInLogAsync(run.Id, text, run.Since, LimitBytes, _stop.Token));
                }

                return _reading is { IsCompletedSuccessfully: true, Result: true };
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            try
            {
                await (_reading ?? Task.FromResult(false));
            }
            catch (Exception e) when (e is EngineException or OperationCanceledException)
            {
                // Nobody asks any more.
            }

            _stop.Dispose();
        }
    }
}

/// <summary>One run of a container.</summary>
/// <param name="Started">The engine's word.</param>
internal sealed record ContainerRunId(string Id, string Started)
{
    /// <summary>When the run before ended: engines keep one log for all runs, and the time of a start is later than its first lines.</summary>
    public DateTimeOffset? Since { get; private init; }

    /// <param name="known">What was seen before: of a run that has ended, the engine does not say when the one before did.</param>
    /// <returns>Null for the network of a group, and where nothing has run.</returns>
    public static ContainerRunId? Of(InspectedContainer container, IReadOnlyList<ContainerRunId> known)
    {
        if (Labels.Read(container.Config.Labels) is not (_, not ContainerRole.Sandbox, _) ||
            GroupReading.Time(container.State.StartedAt) is not { Year: > 1 } started)
        {
            return null;
        }

        var (id, word) = (container.Id, container.State.StartedAt!);
        return known.FirstOrDefault(run => run.Id == id && run.Started == word) ?? new ContainerRunId(id, word)
        {
            // A clock that was set back between two runs hides nothing.
            Since = container.State.Running && GroupReading.Time(container.State.FinishedAt) is { Year: > 1 } before && before <= started ? before : null,
        };
    }

    public bool Equals(ContainerRunId? other) => other is not null && (Id, Started) == (other.Id, other.Started);

    public override int GetHashCode() => HashCode.Combine(Id, Started);
}
