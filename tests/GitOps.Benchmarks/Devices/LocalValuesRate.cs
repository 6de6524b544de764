using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using GitOps.Agent.Devices;
using GitOps.Agent.Host.Devices;
using GitOps.Benchmarks.Measuring;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Platform.Mqtt;
using GitOps.Platform.Processes;
using GitOps.TestKit.Net;

namespace GitOps.Benchmarks.Devices;

/// <summary>
/// Values as the agent publishes them, through a Mosquitto to two subscribers with bounded queues: more are said than are asked
/// for, and a newer value takes the place of one that did not get through.
/// </summary>
internal sealed class LocalValuesRate : Benchmark
{
    private const string Broker = "/usr/sbin/mosquitto";
    private const int Properties = 25;
    private const int Devices = 100;
    private const int AtOnce = 64;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    public override string Name => "device-values";

    public override string Says => "values through the node's own broker to two subscribers, QoS 0 as the agent does it, and QoS 1";

    public override async IAsyncEnumerable<Figure> RunAsync(
        BenchContext bench, string directory, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (!File.Exists(Broker))
        {
            Console.Error.WriteLine($"   left out: there is no {Broker}");
            yield break;
        }

        var seconds = bench.IsQuick ? 2 : 20;
        var port = FreePort.Next();
        await using var broker = LongProcess.Start(new Command([Broker, "-p", port.ToString(CultureInfo.InvariantCulture)]))!;
        var url = new Uri($"mqtt://127.0.0.1:{port}");
        await UntilAsync(() => IsServed(port), cancellationToken);
        await using var first = await CountingSubscriber.StartAsync(port, "first", "gitops/v1/devices/#", cancellationToken);
        await using var second = await CountingSubscriber.StartAsync(port, "second", "gitops/v1/devices/#", cancellationToken);

        var said = await SayAsync(url, first, TimeSpan.FromSeconds(seconds), cancellationToken);
        var got = Math.Min(first.Take(), second.Take()) / (double)seconds;
        yield return new Figure(Name, "QoS 0: values a second that each of 2 subscribers got", "count", got, said / (double)seconds, "values said", 1);
        yield return new Figure(Name, "QoS 0: resident memory of the broker", "MB", ProcessTimes.ResidentKiB(broker.Id) / 1_000 * 1.024, null, "", 1);
        yield return new Figure(Name, "QoS 0: resident memory of this process", "MB", Environment.WorkingSet / 1e6, null, "", 1);

        var acknowledged = await PublishAsync(url, TimeSpan.FromSeconds(seconds), cancellationToken);
        got = Math.Min(first.Take(), second.Take()) / (double)seconds;
        yield return new Figure(Name, "QoS 1: values a second that each of 2 subscribers got", "count", got, acknowledged / (double)seconds, "values acknowledged", 1);
        yield return new Figure(Name, "QoS 1: resident memory of the broker", "MB", ProcessTimes.ResidentKiB(broker.Id) / 1_000 * 1.024, null, "", 1);
    }

    /// <summary>Each device says a new reading of all its properties ten times a second: 25,000 values.</summary>
    private static async Task<long> SayAsync(Uri url, CountingSubscriber subscriber, TimeSpan time, CancellationToken cancellationToken)
    {
        await using var local = new LocalValues(url, "bench", TimeProvider.System, new Random(1));
        var spec = new DeviceSpec
        {
            Protocol = DeviceProtocol.Simulated,
            Connection = new DeviceConnection(),
            Properties = Enumerable.Range(0, Properties).Select(i => new DeviceProperty { Name = $"p{i}", Type = DeviceValueType.Int32, PollMs = 100 }).ToEquatableArray(),
        };
        await UntilHeardAsync(() => local.Say("plc-0", spec, State(spec, 0, TimeSpan.Zero)), subscriber, cancellationToken);
        var began = Stopwatch.GetTimestamp();
        var said = 0L;
        for (var round = 1; Stopwatch.GetElapsedTime(began) < time; round++)
        {
            for (var device = 0; device < Devices / 10; device++)
            {
                local.Say($"plc-{((round % 10) * Devices / 10) + device}", spec, State(spec, round, Stopwatch.GetElapsedTime(began)));
                said += Properties;
            }

            if (TimeSpan.FromMilliseconds(10 * round) - Stopwatch.GetElapsedTime(began) is { Ticks: > 0 } rest)
            {
                await Task.Delay(rest, cancellationToken);
            }
        }

        return said;
    }

    private static DeviceState State(DeviceSpec spec, int round, TimeSpan now) => new()
    {
        Now = now,
        Boot = new BootTime("bench", now),
        Following = spec,
        Link = new DeviceLink.Online(),
        Properties = spec.Properties.Select(p => new PropertyState(p.Name) { Reading = new Reading(new DeviceValue.Number(round), now) }).ToEquatableArray(),
    };

    private static async Task<long> PublishAsync(Uri url, TimeSpan time, CancellationToken cancellationToken)
    {
        await using var link = new MqttLink(new MqttLinkOptions(url, "bench-qos1"), TimeProvider.System, new Random(2));
        link.Start();
        await UntilAsync(() => link.State is MqttLinkState.Connected, cancellationToken);
        var (began, acknowledged) = (Stopwatch.GetTimestamp(), 0L);
        await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(async lane =>
        {
            for (var i = 0; Stopwatch.GetElapsedTime(began) < time; i++)
            {
                var payload = System.Text.Encoding.UTF8.GetBytes($$"""{"value":{{i}},"quality":"good","time":"2026-11-24T10:00:00.000Z"}""");
                if (await link.PublishAsync($"gitops/v1/devices/lane-{lane}/values/p{i % Properties}", payload, MqttQuality.AtLeastOnce, retain: true, cancellationToken))
                {
                    Interlocked.Increment(ref acknowledged);
                }
            }
        }));
        return acknowledged;
    }

    private static async Task UntilHeardAsync(Action say, CountingSubscriber subscriber, CancellationToken cancellationToken)
    {
        await UntilAsync(() =>
        {
            say();
            return subscriber.Take() > 0;
        }, cancellationToken);
    }

    private static async Task UntilAsync(Func<bool> isSo, CancellationToken cancellationToken)
    {
        var began = Stopwatch.GetTimestamp();
        while (!isSo())
        {
            if (Stopwatch.GetElapsedTime(began) > Limit)
            {
                throw new TimeoutException("the broker did not answer");
            }

            await Task.Delay(10, cancellationToken);
        }
    }

    private static bool IsServed(int port)
    {
        try
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Connect(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
