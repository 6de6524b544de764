using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using GitOps.Benchmarks.Fleets;
using GitOps.Benchmarks.Measuring;
using GitOps.Platform.Processes;

namespace GitOps.Benchmarks.History;

/// <summary>
/// Whether a long history costs the reconciler memory or processor: the same hundred nodes followed over the same number of
/// one-file commits, on top of a short and of a long history, each in a process of its own.
/// </summary>
internal sealed class HistoryGrowth : Benchmark
{
    private const int Nodes = 100;

    public override string Name => "history";

    public override string Says => "memory and processor time of following commits, at a short and at a long history";

    public override async IAsyncEnumerable<Figure> RunAsync(
        BenchContext bench, string directory, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (runs, steps) = (bench.RunsOr(5), bench.IsQuick ? 3 : 40);
        int[] lengths = bench.IsQuick ? [20, 200] : [100, 100_000];
        List<List<HistorySample>> samples = [[], []];
        for (var run = 0; run < runs; run++)
        {
            for (var which = 0; which < lengths.Length; which++)
            {
                samples[which].Add(await ChildAsync(bench, $"{directory}/{lengths[which]}", lengths[which], steps, cancellationToken));
            }
        }

        var what = string.Create(
            CultureInfo.InvariantCulture, $"{steps} one-file commits of {Nodes} nodes after {lengths[1]:N0} commits");
        var against = string.Create(CultureInfo.InvariantCulture, $"after {lengths[0]:N0} commits");
        yield return Compare("resident memory at the end", "KiB", sample => sample.ResidentKiB);
        yield return Compare("peak resident memory", "KiB", sample => sample.PeakKiB);
        yield return Compare("own processor time", "ms cpu", sample => sample.OwnCpuMs);
        yield return Compare("with its git processes", "ms cpu", sample => sample.OwnCpuMs + sample.GitCpuMs);

        Figure Compare(string aspect, string unit, Func<HistorySample, double> value) => new(
            Name, $"{what}: {aspect}", unit, Medians.Of(samples[1].Select(value)), Medians.Of(samples[0].Select(value)), against, runs);
    }

    private static async Task<HistorySample> ChildAsync(
        BenchContext bench, string directory, int length, int steps, CancellationToken cancellationToken)
    {
        var list = $"{directory}/{HistoryChild.Commits}";
        if (!File.Exists(list))
        {
            var later = Enumerable.Range(1, length + HistoryChild.WarmUp + steps).Select(i => GeneratedFleet.Node(i % Nodes, 1_000 + i));
            var made = await BenchRepository.CreateAsync(directory, bench.Commands, GeneratedFleet.Files(Nodes), later, cancellationToken);
            // Only what the child pushes: the names of a long history must not weigh on the memory that is measured.
            await File.WriteAllLinesAsync(list, made.Commits.Skip(length - 1), cancellationToken);
        }

        var repository = BenchRepository.Open(directory, bench.Commands, await File.ReadAllLinesAsync(list, cancellationToken));
        await repository.GitAsync(
            cancellationToken, "--git-dir", repository.Author, "push", "--quiet", "--force", repository.Served, $"{repository.Commits[0]}:refs/heads/main");
        var child = await bench.Commands.RunAsync(
            new Command([Environment.ProcessPath!, HistoryChild.Name, directory, steps.ToString(CultureInfo.InvariantCulture)])
            {
                Deadline = TimeSpan.FromMinutes(30),
            },
            cancellationToken);
        return child.Succeeded
            ? JsonSerializer.Deserialize(child.Output, ReportJson.Default.HistorySample)!
            : throw new InvalidOperationException($"the child ended with {child.ExitCode}: {child.Error}");
    }
}

/// <summary>What one child saw of itself.</summary>
/// <param name="GitCpuMs">Of the git processes of fetching and reading, without those that pushed.</param>
internal sealed record HistorySample(double ResidentKiB, double PeakKiB, double OwnCpuMs, double GitCpuMs);
