using System.Globalization;
using System.Text.Json;
using GitOps.Platform.Timing;

namespace GitOps.Agent.Host.Devices.Mappers;

/// <summary>
/// The agent's side of <c>gitops-dmi</c>, the program that speaks with mappers: HTTP over a socket of this machine. It is started
/// by need and again when it went; what it is told it is told again after each of its starts, as it keeps no truth.
/// </summary>
internal sealed class MapperGateway(GatewayChoice choice, TimeProvider time, Random random) : IAsyncDisposable
{
    private static readonly TimeSpan Usual = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Listening = TimeSpan.FromSeconds(20);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, MapperEars> _ears = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop = new();
    private readonly GatewayWire _wire = new(choice, time);
    private Task? _listening;
    private string? _run;
    private string? _why = $"{GatewayChoice.Program} is being reached";

    /// <summary>Why nothing can be asked, or null.</summary>
    public string? Why => Volatile.Read(ref _why);

    /// <summary>Hears of a device from now on.</summary>
    public MapperEars Join(string name, Action changed)
    {
        var ears = new MapperEars(name, changed);
        lock (_lock)
        {
            _ears[name] = ears;
            _listening ??= Task.Run(() => ListenAsync(_stop.Token), CancellationToken.None);
        }

        return ears;
    }

    public void Leave(MapperEars ears)
    {
        lock (_lock)
        {
            if (_ears.GetValueOrDefault(ears.Name) == ears)
            {
                _ears.Remove(ears.Name);
            }
        }
    }

    /// <summary>Says what the device is to be, unless this run of the gateway knows it.</summary>
    /// <returns>Why it does not know it, or null.</returns>
    public async Task<string?> AnnounceAsync(MapperEars ears, byte[] device, CancellationToken cancellationToken)
    {
        if (Why is { } why)
        {
            return why;
        }

        var run = Volatile.Read(ref _run);
        if (ears.AnnouncedTo == run)
        {
            return null;
        }

        var answer = await _wire.SendAsync(HttpMethod.Put, PathOf(ears.Name), device, Usual, cancellationToken);
        if (answer.Why is null)
        {
            ears.AnnouncedTo = run;
        }

        return answer.Why;
    }

    /// <returns>Acknowledged, refused, not sent or lost, as <c>outcome</c> has it, and why.</returns>
    public async Task<WriteAnswer> WriteAsync(string name, byte[] order, TimeSpan limit, CancellationToken cancellationToken)
    {
        var answer = await _wire.SendAsync(HttpMethod.Post, PathOf(name) + "/write", order, limit, cancellationToken);
        if (answer.Body is not { } body)
        {
            return answer.IsSent ? new WriteAnswer.Lost(answer.Why!) : new WriteAnswer.NotSent(answer.Why!);
        }

        try
        {
            using var json = JsonDocument.Parse(body);
            var why = Text(json.RootElement, "why") ?? "";
            return Text(json.RootElement, "outcome") switch
            {
                "acknowledged" => new WriteAnswer.Acknowledged(),
                "refused" => new WriteAnswer.Refused(why),
                "notSent" => new WriteAnswer.NotSent(why),
                _ => new WriteAnswer.Lost(why),
            };
        }
        catch (JsonException)
        {
            return new WriteAnswer.Lost($"{GatewayChoice.Program} answers something else than it should");
        }
    }

    /// <summary>The mapper lets go of the device. Where nobody was ever told of one there is nothing to do.</summary>
    /// <returns>Why it has it still, or null.</returns>
    public async Task<string?> LetGoAsync(string name, CancellationToken cancellationToken)
    {
        if (!_wire.IsThere)
        {
            return null;
        }

        return await _wire.EnsureAsync(cancellationToken) ?? (await _wire.SendAsync(HttpMethod.Delete, PathOf(name), null, Usual, cancellationToken)).Why;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        if (_listening is { } listening)
        {
            await listening;
        }

        _wire.Dispose();
        _stop.Dispose();
    }

    private static string PathOf(string name) => "devices/" + Uri.EscapeDataString(name);

    private async Task ListenAsync(CancellationToken stop)
    {
        var backoff = new Backoff(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(5), random);
        long after = 0;
        try
        {
            while (true)
            {
                var why = await _wire.EnsureAsync(stop);
                if (why is null)
                {
                    var path = string.Create(CultureInfo.InvariantCulture, $"news?run={_run}&after={after}&waitMs={(int)Listening.TotalMilliseconds}");
                    var answer = await _wire.SendAsync(HttpMethod.Get, path, null, Listening * 2, stop);
                    why = answer.Why ?? Take(answer.Body!, ref after);
                }

                if (why is null)
                {
                    backoff.Reset();
                    continue;
                }

                Say(why);
                await Task.Delay(backoff.Next(), time, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Disposed: the only way out.
        }
    }

    /// <returns>What is wrong with the news, or null.</returns>
    private string? Take(byte[] body, ref long after)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            var root = json.RootElement;
            var run = Text(root, "run")!;
            after = root.GetProperty("next").GetInt64();
            Volatile.Write(ref _why, null);
            var isNew = Interlocked.Exchange(ref _run, run) != run;
            foreach (var device in root.GetProperty("devices").EnumerateArray())
            {
                List<HeardTwin> twins = [];
                foreach (var twin in device.GetProperty("twins").EnumerateArray())
                {
                    twins.Add(new HeardTwin(Text(twin, "property")!, Text(twin, "value")!, At(twin.GetProperty("ageMs").GetInt64())));
                }

                Ears(Text(device, "name")!)?.Hear(Text(device, "problem"), Text(device, "state"),
                    device.TryGetProperty("heardMs", out var heard) ? At(heard.GetInt64()) : null, twins);
            }

            if (isNew)
            {
                SignalAll();
            }

            return null;
        }
        catch (Exception odd) when (odd is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return $"{GatewayChoice.Program} answers something else than it should";
        }
    }

    private long At(long ageMs) => time.GetTimestamp() - (ageMs * time.TimestampFrequency / 1_000);

    private static string? Text(JsonElement owner, string name) => owner.TryGetProperty(name, out var value) ? value.GetString() : null;

    private MapperEars? Ears(string name)
    {
        lock (_lock)
        {
            return _ears.GetValueOrDefault(name);
        }
    }

    private void Say(string why)
    {
        if (Interlocked.Exchange(ref _why, why) != why)
        {
            SignalAll();
        }
    }

    private void SignalAll()
    {
        MapperEars[] all;
        lock (_lock)
        {
            all = [.. _ears.Values];
        }

        foreach (var ears in all)
        {
            ears.Signal();
        }
    }
}
