using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Security.Cryptography;
using GitOps.Agent.TimeSync;
using GitOps.Agent.TimeSync.Sntp;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Host.Chrony;

/// <summary>Asks the servers of the bundle itself, each at its own pace, and steers nothing. NTS servers are left out.</summary>
internal sealed class SntpSource : IClockSource
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);
    private readonly ConcurrentDictionary<TimeServer, ServerSample> _samples = [];
    private readonly ConcurrentDictionary<TimeServer, string> _troubles = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly Action _heard;
    private readonly long _start;
    private readonly Task _running;

    public SntpSource(ClockSpec spec, TimeProvider time, Random random, Action heard)
    {
        (_time, _random, _heard, _start) = (time, random, heard, time.GetTimestamp());
        var servers = spec.Servers.Where(s => !s.Nts).ToList();
        _running = Task.WhenAll(servers.Select(server => Task.Run(() => FollowAsync(server, _stop.Token), CancellationToken.None)));
    }

    public Task<(ClockMeasure? Measure, string? Trouble)> MeasureAsync(CancellationToken cancellationToken)
    {
        var measure = SntpMeasure.Median(_samples.Values, _time.GetElapsedTime(_start));
        return Task.FromResult((measure, measure is null ? _troubles.Values.FirstOrDefault() : null));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    private async Task FollowAsync(TimeServer server, CancellationToken stop)
    {
        try
        {
            var pacing = new SntpPacing();
            while (!pacing.IsDenied)
            {
                var answer = await AskAsync(server, stop);
                Note(server, answer);
                pacing = pacing.After(answer);
                await Task.Delay(pacing.Pause(_random.NextDouble()), _time, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Disposed: the only way out but being denied.
        }
    }

    private void Note(TimeServer server, SntpAnswer? answer)
    {
        switch (answer)
        {
            case SntpAnswer.Sample sample:
                _samples[server] = new ServerSample(server.Address, sample, _time.GetElapsedTime(_start));
                _troubles.TryRemove(server, out _);
                break;
            case SntpAnswer.Kiss(var code):
                _troubles[server] = $"{server.Address} answers {code}";
                break;
            case SntpAnswer.Unusable(var why):
                _troubles[server] = $"{server.Address}: {why}";
                break;
            default:
                _troubles[server] = $"{server.Address} does not answer";
                break;
        }

        _heard();
    }

    /// <summary>One request and its answer; null when none came in time. What comes meanwhile and is no answer is skipped.</summary>
    private async Task<SntpAnswer?> AskAsync(TimeServer server, CancellationToken stop)
    {
        using var limit = new CancellationTokenSource(Timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stop);
        using var socket = new Socket(SocketType.Dgram, ProtocolType.Udp);
        var nonce = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8)); // a forger must not guess it
        try
        {
            await socket.ConnectAsync(server.Address, server.Port ?? 123, either.Token);
            var (sentAt, timestamp) = (_time.GetUtcNow(), _time.GetTimestamp());
            await socket.SendAsync(SntpPacket.Request(nonce), either.Token);
            var packet = new byte[512];
            var length = await socket.ReceiveAsync(packet, either.Token);
            return SntpPacket.Read(packet.AsSpan(0, length), nonce, sentAt, _time.GetElapsedTime(timestamp));
        }
        catch (SocketException)
        {
            return null;
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return null;
        }
    }
}
