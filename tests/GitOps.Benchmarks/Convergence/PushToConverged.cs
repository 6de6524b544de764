using System.Globalization;
using System.Runtime.CompilerServices;
using GitOps.Benchmarks.Measuring;

namespace GitOps.Benchmarks.Convergence;

/// <summary>From a push until every agent has reported that its file is the new one.</summary>
internal sealed class PushToConverged : Benchmark
{
    private const string Against = "git fetch + diff-tree, a TLS GET and a durable write per node";

    public override string Name => "converge";

    public override string Says => "a push until all local agents have converged and said so";

    public override async IAsyncEnumerable<Figure> RunAsync(
        BenchContext bench, string directory, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var program = AgentProgram.Find();
        var agents = bench.Agents ?? (bench.IsQuick ? 3 : program.IsNative ? 100 : 20);
        var runs = bench.RunsOr(9);
        await using var world = await BenchWorld.StartAsync(
            bench, directory, program, agents, runs + 1, poll: TimeSpan.FromMinutes(5), cancellationToken);
        using var floor = new ConvergenceFloor(world, $"{directory}/floor");
        await floor.CreateAsync(cancellationToken);
        List<Sample> ours = [], floors = [];
        List<double> agentsCpu = [];
        for (var round = 0; round <= runs; round++)
        {
            var before = AgentsCpu(world);
            var sample = await Clocked.OnceAsync(() => world.PushAndConvergeAsync(cancellationToken));
            var spent = (AgentsCpu(world) - before).TotalMilliseconds;
            await floor.LookUpAsync(cancellationToken);
            var least = await Clocked.OnceAsync(() => floor.RunAsync(round + 1, cancellationToken));
            if (round > 0)
            {
                ours.Add(sample);
                floors.Add(least);
                agentsCpu.Add(spent);
            }
        }

        var what = string.Create(CultureInfo.InvariantCulture, $"{agents:N0} {program.Says} agents");
        yield return new Figure(Name, $"{what}: push to all converged", "ms", Sample.Median(ours).WallMs, Sample.Median(floors).WallMs, Against, runs);
        yield return new Figure(Name, $"{what}: control plane and git", "ms cpu", Sample.Median(ours).CpuMs, Sample.Median(floors).CpuMs, Against, runs);
        yield return new Figure(Name, $"{what}: all agents", "ms cpu", Medians.Of(agentsCpu), null, "", runs);
        yield return new Figure(
            Name, $"{what}: resident memory of one agent", "KiB", Medians.Of(world.Agents.Select(agent => ProcessTimes.ResidentKiB(agent.ProcessId))), null, "", agents);
    }

    private static TimeSpan AgentsCpu(BenchWorld world) =>
        world.Agents.Aggregate(TimeSpan.Zero, (sum, agent) => sum + ProcessTimes.Of(agent.ProcessId));
}
