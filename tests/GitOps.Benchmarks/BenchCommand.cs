using System.CommandLine;
using System.Diagnostics;
using GitOps.Benchmarks.Agent;
using GitOps.Benchmarks.Clock;
using GitOps.Benchmarks.Compile;
using GitOps.Benchmarks.Convergence;
using GitOps.Benchmarks.Devices;
using GitOps.Benchmarks.Enrolment;
using GitOps.Benchmarks.History;
using GitOps.Benchmarks.Measuring;
using GitOps.Benchmarks.Scale;
using GitOps.Benchmarks.Storage;
using GitOps.Benchmarks.Store;

namespace GitOps.Benchmarks;

/// <summary>What is printed: a table for docs/benchmarks.md, or one JSON document for programs.</summary>
internal enum OutputKind
{
    Markdown,
    Json,
}

/// <summary>The command line of <c>./bench</c>.</summary>
internal static class BenchCommand
{
    private static readonly IReadOnlyList<Benchmark> All =
    [
        new ColdCompile(), new OneFileCommit(), new KustomizeBeside(), new FleetScale(), new FleetStages(), new PushToConverged(), new HistoryGrowth(), new MirrorUpkeep(), new StorePublish(), new EnrolmentRate(),
        new IdleAgent(), new AgentIdle(), new AgentStart(), new AgentOutage(), new AgentApply(), new AgentTraffic(), new NoOpBeside(),
        new DeviceRead(), new DeviceDesired(), new LocalValuesRate(), new DevicesFew(), new DevicesMany(), new ClockGate(), new SyncCuts(),
    ];

    /// <summary>All whose names begin with it.</summary>
    private const string AgentGroup = "agent";

    private static readonly Option<string[]> Only = new("--only")
    {
        Description = $"run only these: {string.Join(", ", All.Select(benchmark => benchmark.Name))}; '{AgentGroup}' is all that begin with it",
        AllowMultipleArgumentsPerToken = true,
    };

    private static readonly Option<bool> Quick = new("--quick") { Description = "small sizes and few runs: whether it works, not how fast it is" };
    private static readonly Option<bool> Long = new("--long") { Description = "10,000 fetches in 'mirror', 100,000 nodes in 'scale'" };
    private static readonly Option<int?> Runs = new("--runs") { Description = "how often each figure is taken; the median is printed" };
    private static readonly Option<int?> Fetches = new("--fetches") { Description = "commits fetched one by one in 'mirror' [300]" };
    private static readonly Option<int?> Agents = new("--agents") { Description = "agents in 'converge' [100 native ones, 20 managed ones]" };
    private static readonly Option<int?> Nodes = new("--nodes") { Description = "nodes in 'scale' [1,000 and 10,000; with --long also 100,000]" };
    private static readonly Option<int?> Minutes = new("--minutes") { Description = "how long 'agent-traffic' counts [11; with --long 65]" };
    private static readonly Option<int?> Megabytes = new("--megabytes") { Description = "the large file of 'sync-cuts' [2,048]" };
    private static readonly Option<OutputKind> Output = new("--output") { Description = "what is printed on standard output" };

    public static RootCommand Root()
    {
        var names = All.Select(benchmark => benchmark.Name).Append(AgentGroup).ToArray();
        Only.AcceptOnlyFromAmong(names);
        var root = new RootCommand(
            "Measures, each figure beside its floor in the same run. There is no limit that makes a run fail: figures are for people.\n\n" +
            string.Join('\n', All.Select(benchmark => $"  {benchmark.Name,-15}{benchmark.Says}")) +
            "\n\nProgress goes to standard error. GITOPS_AGENT names the agent program that is started.")
        {
            Only, Quick, Long, Runs, Fetches, Agents, Nodes, Minutes, Megabytes, Output,
        };
        root.SetAction(RunAsync);
        root.Subcommands.Add(HistoryChild.Create());
        return root;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var machine = Machine.Read();
        var began = Stopwatch.GetTimestamp();
        var bench = new BenchContext
        {
            IsQuick = parsed.GetValue(Quick),
            IsLong = parsed.GetValue(Long),
            Nodes = parsed.GetValue(Nodes),
            Runs = parsed.GetValue(Runs),
            Fetches = parsed.GetValue(Fetches) ?? (parsed.GetValue(Long) ? 10_000 : null),
            Agents = parsed.GetValue(Agents),
            Megabytes = parsed.GetValue(Megabytes),
            Watch = parsed.GetValue(Minutes) is { } minutes ? TimeSpan.FromMinutes(minutes) : null,
        };
        List<Figure> figures = [];
        var only = parsed.GetValue(Only) ?? [];
        foreach (var benchmark in All.Where(benchmark => only.Length == 0 || only.Contains(benchmark.Name) ||
            (only.Contains(AgentGroup) && benchmark.Name.StartsWith($"{AgentGroup}-", StringComparison.Ordinal))))
        {
            Console.Error.WriteLine($"-- {benchmark.Name}: {benchmark.Says}");
            using var scratch = new Scratch();
            await foreach (var figure in benchmark.RunAsync(bench, scratch.Path, cancellationToken))
            {
                Console.Error.WriteLine($"   {figure}");
                figures.Add(figure);
            }
        }

        var report = new Report(machine, Machine.Load(), Stopwatch.GetElapsedTime(began).TotalSeconds, bench.IsQuick, figures);
        Console.Out.Write(parsed.GetValue(Output) == OutputKind.Json ? report.ToJson() : report.ToMarkdown());
        return 0;
    }
}
