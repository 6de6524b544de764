using System.Buffers;
using GitOps.Agent.Devices;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;
using GitOps.Platform.Timing;

namespace GitOps.Agent.Host.Devices.Upstream;

/// <summary>Lines of several devices, as they are sent at once.</summary>
internal sealed record ValueBatch(ReadOnlyMemory<byte> Body, IReadOnlyList<(UpstreamDevice Device, ValuePart Part)> Parts);

/// <summary>
/// Values of all devices that go up: gathered in memory for five seconds, then on disk until the control plane has them. Where
/// nothing goes up nothing is written. Thread-safe.
/// </summary>
internal sealed class UpstreamValues : IAsyncDisposable
{
    public static readonly TimeSpan FlushAfter = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly Lock _disk = new();
    private readonly Dictionary<string, UpstreamDevice> _devices = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop = new();
    private readonly UpstreamNotes _notes = new();
    private readonly IFileLayer _layer;
    private readonly string _folder;
    private readonly TimeProvider _time;
    private readonly Wakeup _any;
    private readonly Wakeup _full;
    private readonly Task _flushing;
    private string? _next;

    /// <summary>Takes up what an earlier run left, also of devices that are not here any more: it is still sent.</summary>
    public UpstreamValues(IFileLayer layer, string folder, TimeProvider time)
    {
        (_layer, _folder, _time, _any, _full) = (layer, folder, time, new Wakeup(time), new Wakeup(time));
        foreach (var name in Left().Where(name => Label.IsValid(name)))
        {
            _ = DeviceOf(name);
        }

        _flushing = Task.Run(() => FlushAsync(_stop.Token));
    }

    /// <summary>Told what is wrong with values, and of which device.</summary>
    public Action<Problem, UnitId>? Note
    {
        get => _notes.Note;
        set => _notes.Note = value;
    }

    /// <summary>Called when there may be more to send.</summary>
    public Action? Waiting { get; set; }

    /// <summary>Why what waits does not go up now, for people; null: nothing stands in its way.</summary>
    public string? WaitsFor { get; set => Volatile.Write(ref field, value); }

    /// <summary>How much of all devices waits on disk.</summary>
    public long WaitingBytes()
    {
        lock (_disk)
        {
            lock (_lock)
            {
                return _devices.Values.Sum(device => device.Spool.WaitingBytes);
            }
        }
    }

    /// <summary>Whether anything is in memory and not on disk, be it only how much is lost.</summary>
    public bool HasPending
    {
        get
        {
            lock (_lock)
            {
                return _devices.Values.Any(device => device.HasPending);
            }
        }
    }

    /// <summary>Gathers what a device says, from here on by these rules; null: it has left.</summary>
    public void Follow(string device, DeviceSpec? spec)
    {
        var gathering = spec is null ? null : new UpstreamGathering(device, spec);
        lock (_lock)
        {
            var isEmpty = gathering is null or { IsEmpty: true };
            if (isEmpty && !_devices.ContainsKey(device))
            {
                return;
            }

            var its = DeviceOf(device);
            its.Add(its.Gathering?.End() ?? []);
            (its.Gathering, its.Bounds) = (isEmpty ? null : gathering, spec?.UpstreamBuffer ?? its.Bounds);
        }

        _any.Signal();
    }

    public void Say(string device, DeviceState state)
    {
        bool isFull;
        lock (_lock)
        {
            if (!_devices.TryGetValue(device, out var its) || its.Gathering is not { } gathering)
            {
                return;
            }

            its.Add(gathering.After(state, _time.GetUtcNow()));
            if (!its.HasPending)
            {
                return;
            }

            isFull = its.IsFull;
        }

        _any.Signal();
        if (isFull)
        {
            _full.Signal();
        }
    }

    /// <summary>The oldest lines, of as many devices as there is room for, each in its turn; null: nothing waits.</summary>
    public ValueBatch? Take(int limit)
    {
        List<(UpstreamDevice Device, ValuePart Part)> parts = [];
        lock (_disk)
        {
            List<(string Name, UpstreamDevice Device)> all;
            lock (_lock)
            {
                all = [.. _devices.Select(device => (device.Key, device.Value)).OrderBy(device => string.CompareOrdinal(device.Key, _next) <= 0).ThenBy(device => device.Key, StringComparer.Ordinal)];
            }

            var left = limit;
            foreach (var (name, device) in all)
            {
                var part = device.Spool.MayHave ? _notes.Try(name, () => device.Spool.Oldest(left)) : null;
                if (part is not null)
                {
                    (_next, left) = (name, left - part.Lines.Length);
                    parts.Add((device, part));
                }
                else if (!device.Spool.MayHave)
                {
                    device.IsLosing = false;
                    RemoveIfLeft(name, device);
                }
            }
        }

        if (parts.Count == 0)
        {
            return null;
        }

        var body = new ArrayBufferWriter<byte>(parts.Sum(part => part.Part.Lines.Length));
        parts.ForEach(part => body.Write(part.Part.Lines.Span));
        return new ValueBatch(body.WrittenMemory, parts);
    }

    /// <summary>Forgets what was sent, or never will be.</summary>
    public void Forget(ValueBatch batch)
    {
        lock (_disk)
        {
            foreach (var (device, part) in batch.Parts)
            {
                device.Spool.Forget(part);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _flushing;
        lock (_lock)
        {
            foreach (var device in _devices.Values)
            {
                device.Add(device.Gathering?.End() ?? []);
                device.Gathering = null;
            }
        }

        Flush();
        _stop.Dispose();
    }

    private async Task FlushAsync(CancellationToken stop)
    {
        try
        {
            while (true)
            {
                await _any.WaitAsync(Timeout.InfiniteTimeSpan, stop);
                await _full.WaitAsync(FlushAfter, stop);
                Flush();
                Waiting?.Invoke();
                if (HasPending)
                {
                    _any.Signal(); // the disk failed, or there was no room: tried again in five seconds
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Disposed: the only way out.
        }
    }

    private void Flush()
    {
        lock (_disk)
        {
            List<(string Name, UpstreamDevice Device, PendingLines Pending)> all;
            lock (_lock)
            {
                all = [.. _devices.Where(device => device.Value.HasPending).Select(device => (device.Key, device.Value, device.Value.Pending))];
            }

            foreach (var (name, device, pending) in all)
            {
                var isLosing = false;
                byte[] Lines((long, DateTimeOffset)? lost)
                {
                    isLosing = lost is not null;
                    return device.After(lost, pending);
                }

                if (_notes.Try<bool?>(name, () => device.Spool.TryAppend(Lines, device.Bounds)) is { } isKept)
                {
                    if (isLosing || !isKept)
                    {
                        _notes.Loss(name, device);
                    }

                    _notes.Written();
                    lock (_lock)
                    {
                        device.Settle(pending, isKept);
                    }
                }
            }
        }
    }

    private IReadOnlyList<string> Left()
    {
        try
        {
            return _layer.Stat(_folder) is null ? [] : _layer.Enumerate(_folder);
        }
        catch (FileLayerException)
        {
            return []; // found again with the device's next value, or with the next start
        }
    }

    /// <summary>Of a device that has left, and of which all was sent, nothing stays.</summary>
    private void RemoveIfLeft(string name, UpstreamDevice device)
    {
        lock (_lock)
        {
            if (device.Gathering is not null || device.HasPending)
            {
                return;
            }

            _devices.Remove(name);
        }

        _notes.Try<bool?>(name, () =>
        {
            device.Spool.Remove();
            return true;
        });
    }

    private UpstreamDevice DeviceOf(string name)
    {
        if (_devices.TryGetValue(name, out var known))
        {
            return known;
        }

        var id = new UnitId(UnitKinds.Device, name);
        var spool = new ValueSpool(_layer, $"{_folder}/{name}")
        {
            Damaged = why => Note?.Invoke(new Problem(UpstreamCodes.Damaged, What: $"values of {name} that waited cannot be read: {why}", Fix: "check the disk of this node"), id),
        };
        return _devices[name] = new UpstreamDevice(name, spool);
    }
}
