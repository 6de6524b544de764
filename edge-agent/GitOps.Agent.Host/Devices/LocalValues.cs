using System.Globalization;
using GitOps.Agent.Devices;
using GitOps.Bundles.Units;
using GitOps.Platform.Mqtt;
using GitOps.Platform.Timing;

namespace GitOps.Agent.Host.Devices;

/// <summary>
/// Publishes what devices say on the node's own broker, retained. A broker that is slow or away costs memory for one message
/// of each topic and nothing else: a newer value takes the place of one that was not sent. When it is back it is told
/// everything again, as it may have forgotten.
/// </summary>
public sealed class LocalValues : IAsyncDisposable
{
    /// <summary>A wall clock that was set by more is believed, and every time is said again.</summary>
    private static readonly TimeSpan ClockStep = TimeSpan.FromSeconds(1);

    /// <summary>Messages; few enough that a slow broker takes them within the time of an answer.</summary>
    private const int AtOnce = 1_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, byte[]> _said = new(StringComparer.Ordinal);
    private readonly Dictionary<string, byte[]> _waiting = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (ReportFilter Filter, Reading Seen, ToldValue? Told)> _filters = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop = new();
    private readonly Wakeup _wakeup;
    private readonly TimeProvider _time;
    private readonly MqttLink _link;
    private readonly Task _publishing;
    private DateTimeOffset _start;

    /// <param name="login">Who the broker knows the agent as, where it asks.</param>
    public LocalValues(Uri broker, string node, TimeProvider time, Random random, Func<MqttLogin?>? login = null)
    {
        (_time, _wakeup) = (time, new Wakeup(time));
        var options = new MqttLinkOptions(broker, string.Create(CultureInfo.InvariantCulture, $"gitops-agent-{node}-{random.Next():x8}"))
        {
            Login = login,
            WillTopic = LocalTopics.Agent,
            WillRetained = true,
            MaximumBackoff = TimeSpan.FromSeconds(10),
        };
        _link = new MqttLink(options, time, random, Changed);
        _publishing = Task.Run(() => PublishAsync(_stop.Token));
        _link.Start();
    }

    /// <summary>Says how a device is; what was said already is not said again.</summary>
    public void Say(string device, DeviceSpec spec, DeviceState state)
    {
        lock (_lock)
        {
            // One for all messages, or the same reading would have a time that is a little different each time.
            var start = _time.GetUtcNow() - state.Now;
            _start = (start - _start).Duration() > ClockStep ? start : _start;
            var now = _start + state.Now;
            foreach (var (topic, payload) in LocalTopics.Messages(device, spec, state, (property, reading) => Told(device, property, reading), now))
            {
                if (!_said.TryGetValue(topic, out var before) || !payload.AsSpan().SequenceEqual(before))
                {
                    _said[topic] = _waiting[topic] = payload;
                }
            }
        }

        _wakeup.Signal();
    }

    /// <summary>Takes what was said of a device away from the broker.</summary>
    public void Forget(string device, DeviceSpec spec)
    {
        lock (_lock)
        {
            foreach (var topic in LocalTopics.Topics(device, spec))
            {
                _said.Remove(topic);
                _filters.Remove(topic);
                _waiting[topic] = []; // also where an agent before this one said it
            }
        }

        _wakeup.Signal();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _publishing;
        await _link.PublishAsync(LocalTopics.Agent, ReadOnlyMemory<byte>.Empty, MqttQuality.AtLeastOnce, retain: true, CancellationToken.None);
        await _link.DisposeAsync();
        _stop.Dispose();
    }

    /// <summary>What a property was told last, after this reading. Under the lock.</summary>
    private ToldValue? Told(string device, DeviceProperty property, Reading reading)
    {
        if (property.Report is not { } rule)
        {
            return new ToldValue(reading.Value, reading.At, null);
        }

        var topic = LocalTopics.Value(device, property.Name);
        var (filter, seen, told) = _filters.TryGetValue(topic, out var known) ? known : (new ReportFilter(rule), null, null);
        if (!ReferenceEquals(seen, reading))
        {
            told = filter.Next(reading.Value, reading.At) ?? told;
            _filters[topic] = (filter, reading, told);
        }

        return told;
    }

    private void Changed(MqttLinkState state)
    {
        if (state is not MqttLinkState.Connected)
        {
            return;
        }

        lock (_lock)
        {
            foreach (var (topic, payload) in _said)
            {
                _waiting[topic] = payload;
            }

            _waiting[LocalTopics.Agent] = """{"online":true}"""u8.ToArray();
        }

        _wakeup.Signal();
    }

    private async Task PublishAsync(CancellationToken stop)
    {
        try
        {
            while (true)
            {
                await _wakeup.WaitAsync(TimeSpan.FromMinutes(1), stop);
                while (_link.State is MqttLinkState.Connected && Take() is { Count: > 0 } batch)
                {
                    await PublishAsync(batch, stop);
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Disposed: the only way out.
        }
    }

    private async Task PublishAsync(Dictionary<string, byte[]> batch, CancellationToken stop)
    {
        foreach (var some in batch.Chunk(AtOnce))
        {
            if (await _link.PublishAllAsync(some, retain: true, stop))
            {
                continue;
            }

            lock (_lock)
            {
                foreach (var (topic, payload) in some)
                {
                    _waiting.TryAdd(topic, payload); // unless something newer waits by now
                }
            }
        }
    }

    private Dictionary<string, byte[]> Take()
    {
        lock (_lock)
        {
            var batch = new Dictionary<string, byte[]>(_waiting, StringComparer.Ordinal);
            _waiting.Clear();
            return batch;
        }
    }
}
