using System.Globalization;
using System.Runtime.CompilerServices;
using GitOps.Benchmarks.Convergence;
using GitOps.Benchmarks.Measuring;

namespace GitOps.Benchmarks.Agent;

/// <summary>What an agent with 20 mixed units takes of its machine while nothing changes, its broker connected.</summary>
internal sealed class AgentIdle : Benchmark
{
    private static readonly AgentFleet Fleet = new(Files: 13, Processes: 3, Volumes: 3, Devices: 1);

    /// <summary>The usual one of an agent.</summary>
    private static readonly TimeSpan Poll = TimeSpan.FromMinutes(5);

    /// <summary>Long enough for what follows a start to be over.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(20);

    public override string Name => "agent-idle";

    public override string Says => "an agent with 20 units: size on disk, and at idle memory, processor time, bytes written";

    public override async IAsyncEnumerable<Figure> RunAsync(
        BenchContext bench, string directory, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (program, watched) = (AgentProgram.Find(), bench.IsQuick ? TimeSpan.FromSeconds(20) : TimeSpan.FromSeconds(90));
        if (program.IsNative)
        {
            yield return new Figure(Name, "the agent's one file, stripped", "MB", new FileInfo(program.Path).Length / 1e6, null, "", 1);
        }

        await using var stand = await AgentStand.StartAsync(bench, directory, Fleet, commits: 0, Poll, cancellationToken);
        await Task.Delay(bench.IsQuick ? TimeSpan.FromSeconds(1) : Settling, cancellationToken);
        var agent = stand.Agent.ProcessId;
        var (written, cpu) = (Written(stand), ProcessTimes.Of(agent));
        await Task.Delay(watched, cancellationToken);
        var what = string.Create(CultureInfo.InvariantCulture, $"a {program.Says} agent, {Fleet.Units} units, {watched.TotalSeconds} s");
        yield return new Figure(Name, $"{what}: resident memory", "MB", ProcessTimes.ResidentKiB(agent) / 1_000 * 1.024, null, "", 1);
        yield return new Figure(Name, $"{what}: of that its own, not of its file", "MB", ProcessTimes.AnonymousKiB(agent) / 1_000 * 1.024, null, "", 1);
        yield return new Figure(Name, $"{what}: what holds one process unit, its own share", "MB",
            Medians.Of(Shims(stand).Select(shim => ProcessTimes.ProportionalKiB(shim) / 1_000 * 1.024)), null, "", Fleet.Processes);
        yield return new Figure(Name, $"{what}: processor time", "% of a core",
            (ProcessTimes.Of(agent) - cpu) / watched * 100, null, "", 1);
        yield return new Figure(Name, $"{what}: written to disk, with what holds processes", "bytes", Written(stand) - written, null, "", 1);
    }

    private static long Written(AgentStand stand) => NodeProcesses.Below(stand.NodeDirectory).Sum(ProcessTimes.WrittenBytes);

    private static IEnumerable<int> Shims(AgentStand stand) => NodeProcesses.Below(stand.NodeDirectory)
        .Where(id => File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/cmdline")).Contains("\0shim\0", StringComparison.Ordinal));
}
