using System.Globalization;
using System.Runtime.CompilerServices;
using GitOps.Benchmarks.Measuring;

namespace GitOps.Benchmarks.Convergence;

/// <summary>What a converged agent does to its machine while nothing changes, polling every second.</summary>
internal sealed class IdleAgent : Benchmark
{
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);

    /// <summary>Long enough for what follows a change, such as its report, to be over.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(5);

    public override string Name => "idle";

    public override string Says => "an idle agent over 30 polls: bytes it has written to disk, processor time, memory";

    public override async IAsyncEnumerable<Figure> RunAsync(
        BenchContext bench, string directory, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var program = AgentProgram.Find();
        var polls = bench.IsQuick ? 3 : 30;
        await using var world = await BenchWorld.StartAsync(bench, directory, program, agents: 1, commits: 0, Poll, cancellationToken);
        await Task.Delay(Settling, cancellationToken);
        var agent = world.Agents[0].ProcessId;
        var (written, cpu) = (ProcessTimes.WrittenBytes(agent), ProcessTimes.Of(agent));
        await Task.Delay(polls * Poll, cancellationToken);
        var what = string.Create(CultureInfo.InvariantCulture, $"a {program.Says} agent over {polls} polls");
        yield return new Figure(Name, $"{what}: written to disk", "bytes", ProcessTimes.WrittenBytes(agent) - written, null, "", 1);
        yield return new Figure(Name, $"{what}: processor time", "ms cpu", (ProcessTimes.Of(agent) - cpu).TotalMilliseconds, null, "", 1);
        yield return new Figure(Name, $"{what}: resident memory", "KiB", ProcessTimes.ResidentKiB(agent), null, "", 1);
    }
}
