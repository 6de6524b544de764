using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using GitOps.Benchmarks.Measuring;

namespace GitOps.Benchmarks.Agent;

/// <summary>The control plane goes away, changes are pushed meanwhile, and it returns.</summary>
internal sealed class AgentOutage : Benchmark
{
    private static readonly AgentFleet Fleet = new(Files: 13, Processes: 3, Volumes: 3, Devices: 1);

    public override string Name => "agent-outage";

    public override string Says => "from the return of the control plane until what was pushed meanwhile is applied and reported";

    public override async IAsyncEnumerable<Figure> RunAsync(
        BenchContext bench, string directory, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var runs = bench.RunsOr(3);
        TimeSpan[] outages = bench.IsQuick ? [TimeSpan.FromSeconds(1)] : [TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(60)];
        await using var stand = await AgentStand.StartAsync(
            bench, directory, Fleet, outages.Length * runs, TimeSpan.FromMinutes(5), cancellationToken);
        var commit = 0;
        foreach (var outage in outages)
        {
            List<double> returns = [];
            for (var run = 0; run < runs; run++)
            {
                await stand.ControlPlane.StopAsync();
                await stand.Repository.PushAsync(++commit, cancellationToken);
                await Task.Delay(outage, cancellationToken);
                var began = Stopwatch.GetTimestamp();
                await stand.ControlPlane.StartAsync(cancellationToken);
                await stand.ReportedAsync(commit, cancellationToken);
                returns.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            }

            var what = string.Create(CultureInfo.InvariantCulture, $"control plane away for {outage.TotalSeconds} s: its start to applied and reported");
            yield return new Figure(Name, what, "ms", Medians.Of(returns), null, "", runs);
            yield return new Figure(Name, $"{what}, the slowest", "ms", returns.Max(), null, "", runs);
        }
    }
}
