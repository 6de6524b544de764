using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using GitOps.Benchmarks.Convergence;
using GitOps.Benchmarks.Measuring;

namespace GitOps.Benchmarks.Agent;

/// <summary>From the start of the process until the agent has looked at 50 applied units and its plan is empty.</summary>
internal sealed class AgentStart : Benchmark
{
    private static readonly AgentFleet Fleet = new(Files: 38, Processes: 5, Volumes: 5, Devices: 2);

    public override string Name => "agent-start";

    public override string Says => "from the start of the agent, killed before, until its plan of 50 applied units is empty";

    public override async IAsyncEnumerable<Figure> RunAsync(
        BenchContext bench, string directory, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (program, runs) = (AgentProgram.Find(), bench.RunsOr(11));
        await using var stand = await AgentStand.StartAsync(bench, directory, Fleet, commits: 0, TimeSpan.FromMinutes(5), cancellationToken);
        List<double> walls = [], cpus = [];
        for (var run = 0; run <= runs; run++)
        {
            var (wall, cpu) = await OnceAsync(stand, program, cancellationToken);
            if (run > 0)
            {
                walls.Add(wall.TotalMilliseconds);
                cpus.Add(cpu.TotalMilliseconds);
            }
        }

        var what = string.Create(CultureInfo.InvariantCulture, $"a {program.Says} agent, {Fleet.Units} units: start to empty plan");
        yield return new Figure(Name, what, "ms", Medians.Of(walls), null, "", runs);
        yield return new Figure(Name, $"{what}, the slowest", "ms", walls.Max(), null, "", runs);
        yield return new Figure(Name, what, "ms cpu", Medians.Of(cpus), null, "", runs);
    }

    /// <summary>Kills the agent, not what it keeps running, and starts it again.</summary>
    public static async Task<(TimeSpan Wall, TimeSpan Cpu)> OnceAsync(AgentStand stand, AgentProgram program, CancellationToken cancellationToken)
    {
        await stand.Agent.KillAsync(cancellationToken);
        var began = Stopwatch.GetTimestamp();
        stand.Agent.Start(program, TimeSpan.FromMinutes(5));
        await stand.PlanIsEmptyAsync(cancellationToken);
        return (Stopwatch.GetElapsedTime(began), ProcessTimes.Of(stand.Agent.ProcessId));
    }
}
