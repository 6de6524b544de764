using System.Globalization;
using System.Runtime.CompilerServices;
using GitOps.Benchmarks.Fleets;
using GitOps.Benchmarks.Measuring;
using GitOps.ControlPlane.Git;
using GitOps.ControlPlane.Reconciling;

namespace GitOps.Benchmarks.Compile;

/// <summary>
/// A pushed commit that changes one node's file, from the fetch to bundles, by the parts of the reconciler with their caches
/// warm. The floor is git alone: a fetch into a mirror and a comparison of the two trees.
/// </summary>
internal sealed class OneFileCommit : Benchmark
{
    private const string Against = "git fetch + git diff-tree";

    public override string Name => "commit";

    public override string Says => "a one-file commit among many: fetch, read what changed, compile with warm caches";

    public override async IAsyncEnumerable<Figure> RunAsync(
        BenchContext bench, string directory, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var size in bench.FleetSizes)
        {
            var runs = bench.RunsOr(size > 1_000 ? 7 : 11);
            var commits = Enumerable.Range(1, runs + 1).Select(i => GeneratedFleet.Node(42, 100_000 + i));
            var repository = await BenchRepository.CreateAsync(
                $"{directory}/{size}", bench.Commands, GeneratedFleet.Files(size), commits, cancellationToken);
            await repository.PushAsync(0, cancellationToken);
            await using var followed = new FollowedRepository(repository.Address, $"{directory}/{size}/mirror.git", bench.Commands);
            await followed.FollowAsync(cancellationToken);
            var bare = new BareMirror(repository, $"{directory}/{size}/bare.git");
            await bare.CreateAsync(cancellationToken);
            var next = 0;
            var (measured, floor) = await Clocked.BesideAsync(
                runs,
                round => repository.PushAsync(next = round + 1, cancellationToken),
                () => followed.FollowAsync(cancellationToken),
                () => bare.FetchAndCompareAsync(next, cancellationToken));
            var what = string.Create(CultureInfo.InvariantCulture, $"one file among {size:N0} nodes");
            yield return new Figure(Name, what, "ms", measured.WallMs, floor.WallMs, Against, runs);
            yield return new Figure(Name, what, "ms cpu", measured.CpuMs, floor.CpuMs, Against, runs);
        }
    }
}

/// <summary>What <see cref="Reconciler"/> does with a new commit before its guards, by the same parts.</summary>
internal sealed class FollowedRepository : IAsyncDisposable
{
    private readonly GitMirror _mirror;
    private readonly SourceTree _tree;
    private readonly RevisionCompiler _compiler = new();
    private SourceFolder? _previous;

    public FollowedRepository(string address, string directory, Platform.Processes.ICommandRunner commands)
    {
        _mirror = new GitMirror(directory, new GitSource(address, new GitReference.Branch("main")), commands);
        var options = new ReconcilerOptions();
        _tree = new SourceTree(_mirror, options.Source, options.ReadDeadline, TimeProvider.System);
    }

    /// <summary>Fetch → read → compile.</summary>
    public async Task FollowAsync(CancellationToken cancellationToken)
    {
        var commit = Revisions.Expect(await _mirror.FetchAsync(cancellationToken));
        _previous = Revisions.Expect(await _tree.ReadAsync(commit, _previous, cancellationToken));
        _ = Revisions.Expect(_compiler.Compile(_previous));
    }

    public ValueTask DisposeAsync() => _mirror.DisposeAsync();
}
