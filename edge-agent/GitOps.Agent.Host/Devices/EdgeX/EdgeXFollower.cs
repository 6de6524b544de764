using GitOps.Agent.Devices.EdgeX;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Platform.Mqtt;
using GitOps.Platform.Timing;

namespace GitOps.Agent.Host.Devices.EdgeX;

/// <summary>
/// Knows what one core-metadata holds: it is read whole each minute, at once when its bus tells of a change, and after every
/// request of ours. Tells when something came out that was not known.
/// </summary>
internal sealed class EdgeXFollower : IAsyncDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly Dictionary<string, EdgeXRefusal> _refusals = new(StringComparer.Ordinal);
    private readonly EdgeXRest _rest;
    private readonly EdgeXBus? _bus;
    private readonly Backoff _backoff;
    private readonly Wakeup _wakeup;
    private readonly Action _changed;
    private readonly Func<TimeSpan> _now;
    private readonly Task _reading;
    private HashSet<string> _seen = new(StringComparer.Ordinal);
    private EdgeXState _state;
    private bool _isSaid;

    /// <param name="login">Of the broker of the bus.</param>
    /// <param name="now">Monotonic.</param>
    /// <param name="changed">Called when planning again is worth it.</param>
    public EdgeXFollower(
        EdgeXSpec spec, string mark, (EdgeXObjects? Objects, string? Problem) desired, EdgeXRest rest, Func<MqttLogin?>? login, TimeProvider time, Func<TimeSpan> now,
        Random random, Action changed)
    {
        (Spec, _rest, _now, _changed) = (spec, rest, now, changed);
        _backoff = new Backoff(TimeSpan.FromSeconds(1), Period, random);
        _wakeup = new Wakeup(time);
        _state = new EdgeXState { Mark = mark, Now = now(), Desired = desired.Objects, Broken = desired.Problem };
        _bus = spec.Bus is { } bus && DeviceTrust.TryRead(spec.Authority, time, out var verifier) ? new EdgeXBus(bus, verifier, login, _wakeup.Signal, time, random) : null;
        _reading = Task.Run(() => FollowAsync(_stop.Token), CancellationToken.None);
    }

    public EdgeXSpec Spec { get; }

    public EdgeXState State
    {
        get
        {
            lock (_lock)
            {
                return _state with { Now = _now(), Refusals = _refusals.Values.ToEquatableArray(), Seen = _seen };
            }
        }
    }

    /// <returns>Why the environment did not let it happen; what EdgeX itself refused is in the state.</returns>
    public async Task<string?> SendAsync(EdgeXStep.Send step, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            var outcomes = await EdgeXSender.SendAsync(_rest, step, cancellationToken);
            await ReadAsync(cancellationToken); // what was taken is known, also when the rest of the plan is not carried out
            foreach (var outcome in outcomes)
            {
                Note(outcome.Item.Key, outcome.Item.Version, outcome.Failure is not { } failure ? ReadBack(outcome.Item) : failure.Passes ? null : failure.Why);
            }

            return outcomes.Find(outcome => outcome.Failure is { Passes: true }) is { } failed ? $"{failed.Item.Key}: {failed.Failure!.Why}" : null;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <returns>Why it is still there; null when it is gone.</returns>
    public async Task<EdgeXFailure?> DeleteAsync(EdgeXStep.Delete step, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            var failure = await EdgeXSender.DeleteAsync(_rest, step, _state.Mark, cancellationToken);
            await ReadAsync(cancellationToken);
            if (failure is not { Passes: true } && !step.IsLast)
            {
                Note($"{EdgeXObject.Word(step.Kind)} '{step.Name}'", EdgeXRefusal.Removal, failure is null ? null : $"it cannot be removed: {failure.Why}");
            }

            return failure;
        }
        finally
        {
            _turn.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _reading;
        if (_bus is not null)
        {
            await _bus.DisposeAsync();
        }

        _rest.Dispose();
        _turn.Dispose();
        _stop.Dispose();
    }

    /// <summary>EdgeX drops some things without a word, as auto events that a new profile has no source for.</summary>
    private string? ReadBack(EdgeXItem item)
    {
        var state = State;
        if (state.Away is not null || state.Live is null || state.Desired is null)
        {
            return null;
        }

        foreach (var one in state.Desired.All)
        {
            if (one.Key == item.Key)
            {
                return !state.Live.ByKey.TryGetValue(item.Key, out var found) ? "EdgeX took it, and does not have it"
                    : EdgeXForm.Differences(one, found) is { Count: > 0 } fields ? $"EdgeX took it, and has another {string.Join(", ", fields)} now"
                    : null;
            }
        }

        return null;
    }

    private void Note(string key, string version, string? why)
    {
        lock (_lock)
        {
            if (why is null)
            {
                _refusals.Remove(key);
            }
            else
            {
                _refusals[key] = new EdgeXRefusal(key, version, why, _now());
            }
        }
    }

    private async Task FollowAsync(CancellationToken stop)
    {
        try
        {
            while (true)
            {
                await _turn.WaitAsync(stop);
                try
                {
                    if (await ReadAsync(stop))
                    {
                        _changed();
                    }
                }
                finally
                {
                    _turn.Release();
                }

                await _wakeup.WaitAsync(State.Away is null ? Period : _backoff.Next(), stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Disposed: the only way out.
        }
    }

    /// <returns>Whether something came out that was not known.</returns>
    private async Task<bool> ReadAsync(CancellationToken cancellationToken)
    {
        var (live, why) = await EdgeXReader.ReadAsync(_rest, cancellationToken);
        // A new set each time: states that were handed out are looked at by others.
        HashSet<string> seen = new(_seen, StringComparer.Ordinal);
        foreach (var one in live?.Objects ?? [])
        {
            if (one.HasLabel(_state.Mark))
            {
                seen.Add(one.Key);
            }
        }

        lock (_lock)
        {
            _seen = seen;
            var isNews = !_isSaid || why != _state.Away || (live is not null && !live.Says(_state.Live));
            (_state, _isSaid) = (_state with { Live = live ?? _state.Live, Away = why }, true);
            if (why is null)
            {
                _backoff.Reset();
            }

            return isNews;
        }
    }
}
