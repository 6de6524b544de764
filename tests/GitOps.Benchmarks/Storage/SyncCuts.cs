using System.Globalization;
using System.Runtime.CompilerServices;
using GitOps.Benchmarks.Agent;
using GitOps.Benchmarks.Measuring;
using GitOps.Platform.Processes;
using GitOps.TestKit.Net;

namespace GitOps.Benchmarks.Storage;

/// <summary>A real agent pulls a tree over a good line, and another of the same sizes over one that is cut again and again.</summary>
internal sealed class SyncCuts : Benchmark
{
    private const int MostCuts = 20;

    public override string Name => "sync-cuts";

    public override string Says => string.Create(CultureInfo.InvariantCulture, $"a VolumeSync pulls 10,000 small files, and one large file, over a line that is cut {MostCuts} times");

    public override async IAsyncEnumerable<Figure> RunAsync(
        BenchContext bench, string directory, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (ProgramPath.Find("rclone", workingDirectory: null) is null)
        {
            Console.Error.WriteLine("   left out: there is no rclone");
            yield break;
        }

        var cuts = bench.IsQuick ? 4 : MostCuts;
        var small = new ServedTree(bench.IsQuick ? 1_000 : 10_000, 4 << 10);
        var large = new ServedTree(1, (bench.Megabytes ?? (bench.IsQuick ? 64L : 2_048L)) << 20);
        new ServedTree(1, 1).Write($"{directory}/served", seed: 0);
        await using var server = new DavServer($"{directory}/served");
        await server.StartAsync(cancellationToken);
        await using var wire = new FaultProxy(server.Port);
        var fleet = new AgentFleet(Files: 1) { PullFrom = Text($"http://127.0.0.1:{wire.Port}/") };
        await using var stand = await AgentStand.StartAsync(bench, directory, fleet, commits: 0, TimeSpan.FromMinutes(5), cancellationToken);
        var pull = new CutPull(bench, stand, server, wire);
        foreach (var (what, tree) in ((string, ServedTree)[])[(Text($"{small.Files:N0} files of 4 KiB"), small), (Text($"one file of {large.Bytes >> 20:N0} MiB"), large)])
        {
            var whole = await pull.RunAsync(tree, seed: 1, cuts: [], cancellationToken);
            var cut = await pull.RunAsync(tree, seed: 2, Enumerable.Range(1, cuts).Select(n => n * whole.Bytes / (cuts + 1)), cancellationToken);
            var name = Text($"{what}, {cuts} cuts");
            yield return new Figure(Name, $"{name}: from a cut's end to contents again", "ms", Medians.Of(cut.Returns), null, "", cuts);
            yield return new Figure(Name, $"{name}: the slowest of them", "ms", cut.Returns.Max(), null, "", 1);
            yield return new Figure(Name, $"{name}: over the line, both ways", "KiB", cut.Bytes / 1024.0, whole.Bytes / 1024.0, "no cuts", 1);
            yield return new Figure(Name, $"{name}: asked for to whole and published", "ms", cut.Elapsed.TotalMilliseconds, whole.Elapsed.TotalMilliseconds, "no cuts", 1);
        }
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
