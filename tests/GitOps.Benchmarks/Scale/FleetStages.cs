using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using GitOps.Benchmarks.Compile;
using GitOps.Benchmarks.Fleets;
using GitOps.Benchmarks.Measuring;
using GitOps.ControlPlane.Git;
using GitOps.Manifests;
using GitOps.Manifests.State;
using GitOps.Reconciler.Compile;

namespace GitOps.Benchmarks.Scale;

/// <summary>
/// Where the time of a cold start goes, stage by stage, of the fleet of 'scale': each stage is given what the one before made,
/// so that the sum is the whole but for the store and the database.
/// </summary>
internal sealed class FleetStages : Benchmark
{
    public override string Name => "stages";

    public override string Says => "where the time of a cold start goes: read, parse, placements and rules, render and write";

    public override async IAsyncEnumerable<Figure> RunAsync(
        BenchContext bench, string directory, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var size = bench.Nodes ?? (bench.IsQuick ? 50 : bench.IsLong ? 100_000 : 10_000);
        foreach (var asTable in (bool[])[false, true])
        {
            var what = string.Create(CultureInfo.InvariantCulture, $"{size:N0} nodes in {(asTable ? "a table" : "files")}");
            var repository = await BenchRepository.CreateAsync($"{directory}/{asTable}", bench.Commands, ScaleFleet.Files(size, asTable), [], cancellationToken);
            var reader = new LocalRepository(repository.Author, bench.Commands, TimeProvider.System);
            GC.Collect();
            var clock = new StageClock();
            var folder = Revisions.Expect(await reader.ReadAsync(repository.Commits[0], previous: null, cancellationToken));
            yield return clock.Figure(Name, $"{what}: read from git");
            var files = Revisions.Files(folder);
            var parsed = new Dictionary<string, ParsedFile>(files.Count, StringComparer.Ordinal);
            var each = new ParsedFile[files.Count];
            Parallel.For(0, files.Count, i => each[i] = ManifestParser.ParseFile(files[i]));
            for (var i = 0; i < each.Length; i++)
            {
                parsed[files[i].Path] = each[i];
            }

            yield return clock.Figure(Name, $"{what}: parse");
            new FleetState().Apply(SourceChange.From(files), file => parsed[file.Path], parallelism: -1);
            yield return clock.Figure(Name, $"{what}: placements and rules");
            var result = FleetCompiler.Compile(files, new CompileOptions { ParseFile = file => parsed[file.Path] });
            yield return clock.Figure(Name, $"{what}: placements, rules, render, write");
            GC.KeepAlive(result);
        }
    }

    private sealed class StageClock
    {
        private long _began = Stopwatch.GetTimestamp();
        private TimeSpan _paused = GC.GetTotalPauseDuration();
        private long _allocated = GC.GetTotalAllocatedBytes();

        public Figure Figure(string name, string what)
        {
            var ms = Stopwatch.GetElapsedTime(_began).TotalMilliseconds;
            var said = string.Create(CultureInfo.InvariantCulture,
                $"{what} ({(GC.GetTotalAllocatedBytes() - _allocated) >> 20} MiB allocated, {(GC.GetTotalPauseDuration() - _paused).TotalMilliseconds:N0} ms of it collecting)");
            GC.Collect();
            (_began, _paused, _allocated) = (Stopwatch.GetTimestamp(), GC.GetTotalPauseDuration(), GC.GetTotalAllocatedBytes());
            return new Figure(name, said, "ms", ms, null, "", 1);
        }
    }
}
