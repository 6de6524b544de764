using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using GitOps.Benchmarks.Agent;
using GitOps.Benchmarks.Measuring;
using GitOps.Platform.Processes;
using GitOps.TestKit.Net;

namespace GitOps.Benchmarks.Clock;

/// <summary>Two chronyd: one serves, the agent's follows it from the moment that Git says so.</summary>
internal sealed class ClockGate : Benchmark
{
    public override string Name => "clock-gate";

    public override string Says => "from published to a clock that is followed and trusted: the agent starts a chronyd, which follows another (root)";

    public override async IAsyncEnumerable<Figure> RunAsync(
        BenchContext bench, string directory, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (ProgramPath.Find("chronyd", workingDirectory: null) is null)
        {
            Console.Error.WriteLine("   left out: there is no chronyd");
            yield break;
        }

        var runs = bench.RunsOr(bench.IsQuick ? 1 : 5);
        List<double> opened = [];
        for (var run = 0; run < runs; run++)
        {
            opened.Add(await OnceAsync(bench, string.Create(CultureInfo.InvariantCulture, $"{directory}/{run}"), cancellationToken));
        }

        yield return new Figure(Name, "published to synchronised within its bound", "ms", Medians.Of(opened), null, "", runs);
        yield return new Figure(Name, "published to synchronised within its bound: the slowest", "ms", opened.Max(), null, "", runs);
    }

    private static async Task<double> OnceAsync(BenchContext bench, string directory, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(directory);
        var port = FreePort.Next();
        await File.WriteAllLinesAsync($"{directory}/chrony.conf",
        [
            "user root", "local stratum 3", "allow", "bindaddress 127.0.0.1", "cmdport 0", string.Create(CultureInfo.InvariantCulture, $"port {port}"),
            $"bindcmdaddress {directory}/chronyd.sock", $"pidfile {directory}/chronyd.pid",
        ], cancellationToken);
        await using var server = LongProcess.Start(new Command(["chronyd", "-x", "-d", "-f", $"{directory}/chrony.conf"]))!;
        await using var stand = await AgentStand.StartAsync(
            bench, directory, new AgentFleet(Files: 1) { HasOwnChrony = true }, [AgentFleet.Follow(port)], TimeSpan.FromMinutes(5), cancellationToken);
        await stand.Repository.PushAsync(1, cancellationToken);
        _ = await stand.ControlPlane.Api.SyncAsync(cancellationToken);
        var published = await stand.Published.OfAsync(stand.Repository.Commits[1]).WaitAsync(cancellationToken);
        await stand.ClockIsSynchronisedAsync(cancellationToken);
        return Stopwatch.GetElapsedTime(published).TotalMilliseconds;
    }
}
