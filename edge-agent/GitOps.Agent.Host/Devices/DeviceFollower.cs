using GitOps.Agent.Devices;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Platform.Timing;

namespace GitOps.Agent.Host.Devices;

/// <summary>
/// Polls one device in the background and knows what it said last. A device that is away is tried again with a pause of
/// its own. Tells only of changes that decide anything (<see cref="DeviceSituation"/>).
/// </summary>
internal sealed class DeviceFollower : IAsyncDisposable
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly Dictionary<string, TimeSpan> _tried = [];
    private readonly IDeviceConnector _connector;
    private readonly DeviceClock _clock;
    private readonly Backoff _backoff;
    private readonly Wakeup _wakeup;
    private readonly Action _changed;
    private readonly Action<DeviceState>? _said;
    private readonly Action<DeviceState> _alarmed;
    private readonly Task _polling;
    private DeviceState _state;

    /// <param name="changed">Called when something changed that decides anything.</param>
    /// <param name="said">Called with everything the device says.</param>
    /// <param name="alarms">Those to begin with, as somebody followed it before.</param>
    /// <param name="alarmed">Called when an alarm became active or ceased, before anybody is told.</param>
    public DeviceFollower(
        DeviceSpec spec, IDeviceConnector connector, DeviceClock clock, Random random, Action changed, Action<DeviceState>? said,
        EquatableArray<AlarmState> alarms, Action<DeviceState> alarmed)
    {
        (Spec, _connector, _clock, _changed, _said, _alarmed) = (spec, connector, clock, changed, said, alarmed);
        _backoff = new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60), random);
        _wakeup = new Wakeup(clock.Time);
        _state = new DeviceState
        {
            Now = clock.Now,
            Boot = clock.Boot,
            Following = spec,
            Properties = spec.Properties.Select(p => new PropertyState(p.Name)).ToEquatableArray(),
            Alarms = alarms,
        };
        connector.Changed = _wakeup.Signal;
        _polling = Task.Run(() => PollAsync(_stop.Token), CancellationToken.None);
    }

    public DeviceSpec Spec { get; }

    public DeviceState State
    {
        get
        {
            lock (_lock)
            {
                return _state with { Now = _clock.Now, Boot = _clock.Boot };
            }
        }
    }

    /// <summary>Reads properties now; the state follows.</summary>
    public async Task<DeviceState> ReadAsync(IReadOnlyList<DeviceProperty> properties, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            Note(properties, await _connector.ReadAsync(properties, cancellationToken));
            return State;
        }
        finally
        {
            _turn.Release();
        }
    }

    public async Task<WriteAnswer> WriteAsync(
        DeviceProperty property, DeviceValue value, Digest version, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            var answer = await _connector.WriteAsync(property, value, cancellationToken);
            Note(property, version, answer);
            return answer;
        }
        finally
        {
            _turn.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _polling;
        await _connector.DisposeAsync();
        _turn.Dispose();
        _stop.Dispose();
    }

    private async Task PollAsync(CancellationToken stop)
    {
        try
        {
            while (true)
            {
                await PollOnceAsync(stop);
                var wait = State.Link is DeviceLink.Away ? _backoff.Next() : NextWait();
                await _wakeup.WaitAsync(wait, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Disposed: the only way out.
        }
    }

    private async Task PollOnceAsync(CancellationToken stop)
    {
        await _turn.WaitAsync(stop);
        try
        {
            if (await _connector.OpenAsync(stop) is { } why)
            {
                Note([], new ReadAnswer.NoAnswer(why));
                return;
            }

            var due = Spec.Properties.Where(IsDue).ToList();
            Note(due, due.Count == 0 ? new ReadAnswer.Read([]) : await _connector.ReadAsync(due, stop));
            if (State.Link is DeviceLink.Online)
            {
                _backoff.Reset();
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    private bool IsDue(DeviceProperty property) => _connector.Pushes
        ? DeviceEndpoint.IsReadable(Spec, property)
        : DueAt(property) is { } at && at <= _clock.Now;

    private TimeSpan? DueAt(DeviceProperty property)
    {
        TimeSpan? tried = _tried.TryGetValue(property.Name, out var at) ? at : null;
        return PollSchedule.DueAt(Spec, property, tried, State.Of(property.Name));
    }

    private TimeSpan NextWait()
    {
        var wait = _connector.Pushes ? LongestWait : Spec.Properties.Select(DueAt).Min() - _clock.Now ?? LongestWait;
        return wait < TimeSpan.Zero ? TimeSpan.Zero : wait < LongestWait ? wait : LongestWait;
    }

    private void Note(IReadOnlyList<DeviceProperty> asked, ReadAnswer answer)
    {
        if (answer is ReadAnswer.NoAnswer(var why))
        {
            Change(state => state with { Link = new DeviceLink.Away(why) });
            return;
        }

        var now = _clock.Now;
        foreach (var property in asked)
        {
            _tried[property.Name] = PollSchedule.CountsFrom(DueAt(property), PollSchedule.Period(Spec, property), now);
        }

        var answers = ((ReadAnswer.Read)answer).Properties.ToDictionary(a => a.Name);
        Change(state => state with
        {
            Link = new DeviceLink.Online(),
            Properties = state.Properties.Select(p => answers.TryGetValue(p.Name, out var a) ? After(p, a) : p).ToEquatableArray(),
        });
    }

    private PropertyState After(PropertyState property, PropertyAnswer answer) => property with
    {
        Reading = answer.Value is { } value ? new Reading(value, _clock.At(answer.ReceivedAt)) : property.Reading,
        Fault = answer.Fault,
    };

    private void Note(DeviceProperty property, Digest version, WriteAnswer answer)
    {
        var now = _clock.Now;
        var refused = answer is WriteAnswer.Refused(var why) ? why : null;
        var link = answer switch
        {
            WriteAnswer.NotSent(var reason) => new DeviceLink.Away(reason),
            WriteAnswer.Lost(var reason) => new DeviceLink.Away(reason),
            _ => (DeviceLink)new DeviceLink.Online(),
        };
        Change(state => state with
        {
            Link = link,
            Properties = state.Properties.Select(p => p.Name != property.Name ? p : p with
            {
                LastAttempt = answer is WriteAnswer.NotSent ? p.LastAttempt : new WriteAttempt(version, now, refused)
                {
                    LostInARow = answer is WriteAnswer.Lost ? (p.LastAttempt?.LostInARow ?? 0) + 1 : 0,
                },
                Writes = answer is WriteAnswer.Acknowledged
                    ? p.Writes.Where(at => now - at < WritePacing.Window).Append(now).ToEquatableArray()
                    : p.Writes,
            }).ToEquatableArray(),
        });
        if (link is DeviceLink.Away)
        {
            _wakeup.Signal(); // so that the poll finds out when it is back
        }
    }

    private void Change(Func<DeviceState, DeviceState> change)
    {
        bool isNews, isAlarm;
        lock (_lock)
        {
            var before = DeviceSituation.Of(Spec, _state);
            var alarms = _state.Alarms;
            _state = AlarmJudge.After(Spec, _state, change(_state) with { Now = _clock.Now });
            isNews = before != DeviceSituation.Of(Spec, _state);
            isAlarm = Spec.Alarms.Any(rule => _state.AlarmOf(rule.Name).IsActive != (alarms.FirstOrDefault(a => a.Name == rule.Name)?.IsActive ?? false));
        }

        if (isAlarm)
        {
            _alarmed(State);
        }

        _said?.Invoke(State);
        if (isNews)
        {
            _changed();
        }
    }
}
