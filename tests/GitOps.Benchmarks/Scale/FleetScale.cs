using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using GitOps.Benchmarks.Fleets;
using GitOps.Benchmarks.Measuring;
using GitOps.Manifests;
using YamlDotNet.Core;

namespace GitOps.Benchmarks.Scale;

/// <summary>
/// The whole way of a revision in the control plane, by the reconciler itself, from the end of the fetch to pointers on disk:
/// cold, then commits of one node and of a template that all use. The floors parse the same documents and do nothing else.
/// </summary>
internal sealed class FleetScale : Benchmark
{
    public override string Name => "scale";

    public override string Says => "a large fleet by the reconciler: cold, one node, one template, from fetched to published";

    public override async IAsyncEnumerable<Figure> RunAsync(
        BenchContext bench, string directory, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var size in bench.Nodes is { } nodes ? [nodes] : bench.IsQuick ? [50] : bench.IsLong ? (int[])[1_000, 10_000, 100_000] : [1_000, 10_000])
        {
            foreach (var asTable in (bool[])[false, true])
            {
                await foreach (var figure in MeasureAsync(bench, $"{directory}/{size}-{asTable}", size, asTable, cancellationToken))
                {
                    yield return figure;
                }
            }

            yield return await LongAsync(bench, $"{directory}/{size}-long", size, cancellationToken);
        }
    }

    private async Task<Figure> LongAsync(BenchContext bench, string directory, int size, CancellationToken cancellationToken)
    {
        var repository = await BenchRepository.CreateAsync(
            directory, bench.Commands, ScaleFleet.Files(size, asTable: false, areLong: true), [], cancellationToken);
        await repository.PushAsync(0, cancellationToken);
        var (ms, _) = await ClockedAsync(async () =>
        {
            await using var stand = new ReconcilerStand($"{directory}/cold", ScaleFleet.Uid, repository.Address, bench.Commands);
            return await stand.PublishedAsync(cancellationToken);
        });
        return new Figure(
            Name, string.Create(CultureInfo.InvariantCulture, $"{size:N0} nodes in files of 1,350 bytes: cold, fetched to published"), "ms",
            ms, Events(size, areLong: true), "YAML events alone, all cores", 1);
    }

    private async IAsyncEnumerable<Figure> MeasureAsync(
        BenchContext bench, string directory, int size, bool asTable, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var what = string.Create(CultureInfo.InvariantCulture, $"{size:N0} nodes in {(asTable ? "a table" : "files")}");
        var runs = bench.RunsOr(asTable && size > 10_000 ? 10 : 40);
        var commits = Enumerable.Range(1, runs + 1)
            .Select(i => asTable ? ScaleFleet.Table(size, changed: i % size, number: 1_000_000 + i) : ScaleFleet.Node(i % size, 1_000_000 + i))
            .Append(ScaleFleet.Template(1));
        var repository = await BenchRepository.CreateAsync(directory, bench.Commands, ScaleFleet.Files(size, asTable), commits, cancellationToken);
        await repository.PushAsync(0, cancellationToken);
        var cold = await ClockedAsync(async () =>
        {
            await using var first = new ReconcilerStand($"{directory}/cold", ScaleFleet.Uid, repository.Address, bench.Commands);
            var published = await first.PublishedAsync(cancellationToken);
            _ = await first.ReadyAsync(cancellationToken);
            return published;
        });
        yield return new Figure(Name, $"{what}: cold, fetched to published", "ms", cold.Ms, asTable ? null : Events(size), asTable ? "" : "YAML events alone, all cores", 1);
        if (!asTable)
        {
            yield return new Figure(Name, $"{what}: cold, fetched to published", "ms", cold.Ms, Json(size), "JSON in place of YAML, all cores", 1);
        }

        yield return new Figure(Name, $"{what}: cold, most resident memory", "KiB", ProcessTimes.PeakKiB(Environment.ProcessId), null, "", 1);

        GC.Collect();
        await using (var again = new ReconcilerStand($"{directory}/cold", ScaleFleet.Uid, repository.Address, bench.Commands))
        {
            yield return new Figure(Name, $"{what}: warm restart until ready", "ms", await again.ReadyAsync(cancellationToken), null, "", 1);
        }

        await using var stand = new ReconcilerStand($"{directory}/data", ScaleFleet.Uid, repository.Address, bench.Commands);
        _ = await stand.PublishedAsync(cancellationToken);
        List<double> one = [];
        for (var commit = 1; commit <= runs + 1; commit++)
        {
            await repository.PushAsync(commit, cancellationToken);
            var (ms, _) = await stand.PublishedAsync(cancellationToken);
            if (commit > 1)
            {
                one.Add(ms);
            }
        }

        yield return new Figure(Name, $"{what}: one node, median", "ms", Medians.Of(one), null, "", runs);
        yield return new Figure(Name, $"{what}: one node, 95 of 100", "ms", one.Order().ElementAt((int)(0.95 * (one.Count - 1))), null, "", runs);
        await repository.PushAsync(runs + 2, cancellationToken);
        var template = await stand.PublishedAsync(cancellationToken);
        yield return new Figure(Name, $"{what}: a template of all nodes", "ms", template.Ms, null, "", 1);
    }

    private static async Task<(double Ms, int Nodes)> ClockedAsync(Func<Task<(double, int)>> work)
    {
        GC.Collect();
        return await work();
    }

    private static double Events(int size, bool areLong = false) => Floor(
        Documents(size, areLong),
        document =>
        {
            using var text = new StringReader(document);
            var parser = new Parser(text);
            while (parser.MoveNext())
            {
                // Each event is all there is to it.
            }
        });

    private static double Json(int size) => Floor(
        [.. ScaleFleet.Files(size, asTable: false).SelectMany(JsonTwin.Of)], document => JsonDocument.Parse(document).Dispose());

    private static string[] Documents(int size, bool areLong) =>
        [.. ScaleFleet.Files(size, asTable: false, areLong).Where(file => file.Path.EndsWith(".yaml", StringComparison.Ordinal)).Select(Text)];

    private static string Text(SourceFile file) => System.Text.Encoding.UTF8.GetString(file.Bytes.Span);

    private static double Floor<T>(T[] documents, Action<T> parse)
    {
        GC.Collect();
        var began = Stopwatch.GetTimestamp();
        Parallel.ForEach(documents, parse);
        return Stopwatch.GetElapsedTime(began).TotalMilliseconds;
    }
}
