using System.Globalization;
using System.Runtime.CompilerServices;
using GitOps.Benchmarks.Measuring;

namespace GitOps.Benchmarks.Agent;

/// <summary>
/// What an idle agent sends and is sent, counted at an interface of its own: mutual TLS, broker connected, a poll every five
/// minutes, everything at its usual interval.
/// </summary>
internal sealed class AgentTraffic : Benchmark
{
    private static readonly AgentFleet Fleet = new(Files: 13, Processes: 3, Volumes: 3, Devices: 1);
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(30);

    public override string Name => "agent-traffic";

    public override string Says => "bytes of an idle agent on the wire, in a network of its own (root, iproute2)";

    public override async IAsyncEnumerable<Figure> RunAsync(
        BenchContext bench, string directory, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var wire = await VethPair.TryCreateAsync(bench.Commands, cancellationToken);
        if (wire is null)
        {
            Console.Error.WriteLine("   not measured: no network can be made here");
            yield break;
        }

        var watched = bench.Watch ?? (bench.IsQuick ? TimeSpan.FromSeconds(5) : bench.IsLong ? TimeSpan.FromMinutes(65) : TimeSpan.FromMinutes(11));
        await using var stand = await AgentStand.StartAsync(
            bench, directory, Fleet, commits: 0, TimeSpan.FromMinutes(5), cancellationToken, wire.Here, wire.Within);
        await Task.Delay(bench.IsQuick ? TimeSpan.FromSeconds(1) : Settling, cancellationToken);
        var (bytes, packets) = (wire.Bytes, wire.Packets);
        for (var minute = 0; minute < watched.TotalMinutes; minute++)
        {
            var before = wire.Bytes;
            await Task.Delay(TimeSpan.FromMinutes(Math.Min(1, watched.TotalMinutes - minute)), cancellationToken);
            Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"   minute {minute + 1}: {wire.Bytes - before} bytes"));
        }

        var what = string.Create(CultureInfo.InvariantCulture, $"an idle agent, {Fleet.Units} units, {watched.TotalMinutes:0.#} minutes");
        yield return new Figure(Name, what, "bytes", wire.Bytes - bytes, null, "", 1);
        yield return new Figure(Name, what, "packets", wire.Packets - packets, null, "", 1);
        yield return new Figure(Name, $"{what}, as much for a day", "MB", (wire.Bytes - bytes) / watched.TotalDays / 1e6, null, "", 1);
    }
}
