using System.Security.Cryptography;
using System.Text.Json;
using GitOps.Dmi.Control;
using GitOps.Dmi.Mappers;

namespace GitOps.Dmi.Devices;

/// <summary>Everything that is known of devices and mappers, and who waits for news of it.</summary>
internal sealed class DeviceBook(TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, DeviceEntry> _devices = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Mapper> _mappers = new(StringComparer.OrdinalIgnoreCase);
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _change;
    private long _incarnations;

    public string Run { get; } = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));

    public void Want(string name, DeviceConfig config)
    {
        var digest = Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(config, ControlContext.Default.DeviceConfig)));
        lock (_lock)
        {
            var entry = Entry(name);
            if (entry.WantedDigest != digest)
            {
                (entry.Wanted, entry.WantedDigest, entry.RetryAt, entry.Failures, entry.Revivals) = (config, digest, 0, 0, 0);
                entry.Twins.Clear(); // what was read otherwise may have been something else
            }

            foreach (var (property, twin) in entry.Twins.ToList())
            {
                entry.Twins[property] = twin with { Change = _change + 1 }; // whoever announces it has not heard yet
            }

            if (!_mappers.ContainsKey(config.Protocol))
            {
                entry.Problem = NoMapper(config.Protocol);
            }

            Changed(entry);
        }
    }

    public Mapper? MapperOf(string protocol)
    {
        lock (_lock)
        {
            return _mappers.GetValueOrDefault(protocol);
        }
    }

    /// <summary>Reads or changes one device; what <paramref name="change"/> returns true for is news.</summary>
    public void With(DeviceEntry entry, Func<DeviceEntry, bool> change)
    {
        lock (_lock)
        {
            if (change(entry))
            {
                Changed(entry);
            }
        }
    }

    public DeviceEntry? Find(string name)
    {
        lock (_lock)
        {
            return _devices.GetValueOrDefault(name);
        }
    }

    public void Forget(string name)
    {
        lock (_lock)
        {
            _devices.Remove(name);
        }
    }

    /// <summary>Devices for which the condition holds.</summary>
    public List<DeviceEntry> Where(Func<DeviceEntry, bool> condition)
    {
        lock (_lock)
        {
            return [.. _devices.Values.Where(condition)];
        }
    }

    /// <summary>
    /// A mapper has begun: it has nothing but what it is given now.
    /// </summary>
    /// <returns>The devices of its protocol, when it wants them; it counts as told of them.</returns>
    public List<(string Name, DeviceConfig Config)> Register(string protocol, string address, bool withData)
    {
        lock (_lock)
        {
            _mappers[protocol] = new Mapper(protocol, address, ++_incarnations) { RegisteredAt = time.GetTimestamp() };
            List<(string, DeviceConfig)> given = [];
            foreach (var entry in _devices.Values)
            {
                if (entry.Wanted is { } config && Is(config.Protocol, protocol))
                {
                    (entry.Told, entry.ToldAt, entry.RetryAt, entry.Failures) =
                        (withData ? new Told(config.Protocol, entry.WantedDigest!) : null, time.GetTimestamp(), 0, 0);
                    entry.Problem = null;
                    given.Add((entry.Name, config));
                    Changed(entry);
                }
                else if (entry.Told is { } told && Is(told.Protocol, protocol))
                {
                    entry.Told = null;
                }
            }

            return withData ? given : [];
        }
    }

    /// <summary>As it was before this program ended: the mapper has not begun again since, or it would register.</summary>
    public void Restore(IEnumerable<(string Protocol, string Address)> mappers, IEnumerable<(string Name, Told Told)> devices)
    {
        lock (_lock)
        {
            foreach (var (protocol, address) in mappers)
            {
                _mappers[protocol] = new Mapper(protocol, address, ++_incarnations);
            }

            foreach (var (name, told) in devices)
            {
                var entry = Entry(name);
                (entry.Told, entry.ToldAt) = (told, time.GetTimestamp());
            }
        }
    }

    public (List<Mapper> Mappers, List<(string Name, Told Told)> Devices) Keep()
    {
        lock (_lock)
        {
            return ([.. _mappers.Values.OrderBy(m => m.Protocol, StringComparer.Ordinal)],
                [.. _devices.Values.Where(e => e.Told is not null).OrderBy(e => e.Name, StringComparer.Ordinal).Select(e => (e.Name, e.Told!))]);
        }
    }

    public void Heard(string name, string? state, IEnumerable<(string Property, string Value, string? Observed)> twins)
    {
        lock (_lock)
        {
            if (!_devices.TryGetValue(name, out var entry))
            {
                return;
            }

            var now = time.GetTimestamp();
            (entry.HeardAt, entry.State, entry.Revivals) = (now, state ?? entry.State, 0);
            foreach (var (property, value, observed) in twins)
            {
                if (entry.Wanted?.Properties.Any(p => p.Name == property) != false)
                {
                    entry.Twins[property] = new TwinSeen(value, observed, now, _change + 1);
                }
            }

            Changed(entry);
        }
    }

    public async Task<News> NewsAsync(long after, TimeSpan wait, CancellationToken cancellationToken)
    {
        var begun = time.GetTimestamp();
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (_change > after || wait - time.GetElapsedTime(begun) <= TimeSpan.Zero)
                {
                    return new News(Run, _change, [.. _devices.Values.Where(e => e.Change > after && e.Wanted is not null).Select(e => NewsOf(e, after))]);
                }

                changed = _changed.Task;
            }

            await Task.WhenAny(changed, Task.Delay(wait - time.GetElapsedTime(begun) + TimeSpan.FromMilliseconds(1), time, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Completes when anything changes after this call.</summary>
    public Task NextChange()
    {
        lock (_lock)
        {
            return _changed.Task;
        }
    }

    public static string NoMapper(string protocol) => $"no mapper of the protocol {protocol} has registered";

    private static bool Is(string one, string other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);

    private DeviceNews NewsOf(DeviceEntry entry, long after) => new(entry.Name,
        [.. entry.Twins.Where(t => t.Value.Change > after).Select(t => new TwinNews(t.Key, t.Value.Value, (long)time.GetElapsedTime(t.Value.At).TotalMilliseconds))])
    {
        Problem = entry.Problem,
        State = entry.State,
        HeardMs = entry.HeardAt is { } at ? (long)time.GetElapsedTime(at).TotalMilliseconds : null,
    };

    private DeviceEntry Entry(string name)
    {
        if (!_devices.TryGetValue(name, out var entry))
        {
            _devices[name] = entry = new DeviceEntry(name);
        }

        return entry;
    }

    private void Changed(DeviceEntry entry)
    {
        entry.Change = ++_change;
        var changed = _changed;
        _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        changed.TrySetResult();
    }
}
