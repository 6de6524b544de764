using System.Globalization;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text.Json;
using GitOps.Benchmarks.Fleets;
using GitOps.Benchmarks.Measuring;
using GitOps.ControlPlane.Git;
using GitOps.Reconciler.Compile;

namespace GitOps.Benchmarks.Compile;

/// <summary>
/// A commit read, compiled without any cache, its outputs on disk. The floor reads the same blobs by the same reader, parses
/// the same documents as JSON on all cores, hashes the same outputs and writes them to one file.
/// </summary>
internal sealed class ColdCompile : Benchmark
{
    private const string Against = "same blobs read, documents parsed as JSON, outputs hashed and written";

    public override string Name => "compile";

    public override string Says => "cold compile of a whole fleet: read the commit's tree, parse, check, render";

    public override async IAsyncEnumerable<Figure> RunAsync(
        BenchContext bench, string directory, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var size in bench.FleetSizes)
        {
            var repository = await BenchRepository.CreateAsync(
                $"{directory}/{size}", bench.Commands, GeneratedFleet.Files(size), [], cancellationToken);
            var reader = new LocalRepository(repository.Author, bench.Commands, TimeProvider.System);
            var files = Revisions.Files(await ReadAsync());
            var documents = files.SelectMany(JsonTwin.Of).ToArray();
            var outputs = Revisions.Outputs(Revisions.Expect(FleetCompiler.Compile(files)));
            var runs = bench.RunsOr(size > 1_000 ? 5 : 9);
            var (measured, floor) = await Clocked.BesideAsync(runs, _ => Task.CompletedTask, CompileAsync, FloorAsync);
            var what = string.Create(CultureInfo.InvariantCulture, $"{size:N0} nodes, {files.Count:N0} files, {outputs.Count:N0} outputs");
            yield return new Figure(Name, what, "ms", measured.WallMs, floor.WallMs, Against, runs);
            yield return new Figure(Name, what, "ms cpu", measured.CpuMs, floor.CpuMs, Against, runs);

            async Task<SourceFolder> ReadAsync() =>
                Revisions.Expect(await reader.ReadAsync(repository.Commits[0], previous: null, cancellationToken));

            async Task CompileAsync()
            {
                var bundles = Revisions.Expect(FleetCompiler.Compile(Revisions.Files(await ReadAsync())));
                DurableFile.Write($"{directory}/measured", Revisions.Outputs(bundles));
            }

            async Task FloorAsync()
            {
                _ = await ReadAsync();
                Parallel.ForEach(documents, document => JsonDocument.Parse(document).Dispose());
                Parallel.ForEach(outputs, output => SHA256.HashData(output.Span));
                DurableFile.Write($"{directory}/floor", outputs);
            }
        }
    }
}
