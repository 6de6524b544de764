using System.Globalization;
using System.Runtime.CompilerServices;
using GitOps.Benchmarks.Compile;
using GitOps.Benchmarks.Fleets;
using GitOps.Benchmarks.Measuring;
using GitOps.ControlPlane.Git;

namespace GitOps.Benchmarks.History;

/// <summary>What many fetches of small commits leave in the mirror, beside a fresh clone of the same.</summary>
internal sealed class MirrorUpkeep : Benchmark
{
    private const int SampleEvery = 10;
    private const string Against = "fresh clone";

    public override string Name => "mirror";

    public override string Says => "the mirror after many fetches of one small commit each: size, packs, loose objects";

    public override async IAsyncEnumerable<Figure> RunAsync(
        BenchContext bench, string directory, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var fetches = bench.Fetches ?? (bench.IsQuick ? 20 : 300);
        var commits = Enumerable.Range(1, fetches).Select(i => GeneratedFleet.Node(i % 100, 1_000 + i));
        var repository = await BenchRepository.CreateAsync(directory, bench.Commands, GeneratedFleet.Files(100), commits, cancellationToken);
        await repository.ShowAsync(0, cancellationToken);
        var (path, most) = ($"{directory}/mirror.git", new ObjectCounts(0, 0, 0));
        await using (var mirror = new GitMirror(path, new GitSource(repository.ShownAddress, new GitReference.Branch(BenchRepository.Shown)), bench.Commands))
        {
            for (var commit = 0; commit <= fetches; commit++)
            {
                await repository.ShowAsync(commit, cancellationToken);
                var fetched = Revisions.Expect(await mirror.FetchAsync(cancellationToken));
                if (fetched != repository.Commits[commit])
                {
                    throw new InvalidOperationException($"fetched {fetched}, shown was {repository.Commits[commit]}");
                }

                if (commit % SampleEvery == 0)
                {
                    most = most.Highest(await CountAsync(path));
                }
            }
        }

        var end = await CountAsync(path);
        await repository.PushAsync(fetches, cancellationToken);
        await new BareMirror(repository, $"{directory}/clone.git").CreateAsync(cancellationToken);
        var clone = await CountAsync($"{directory}/clone.git");
        var what = string.Create(CultureInfo.InvariantCulture, $"after {fetches:N0} fetches");
        yield return new Figure(Name, $"{what}: objects on disk", "KiB", end.KiB, clone.KiB, Against, 1);
        yield return new Figure(Name, $"{what}: packs", "count", end.Packs, clone.Packs, Against, 1);
        yield return new Figure(Name, $"{what}: loose objects", "count", end.Loose, clone.Loose, Against, 1);
        yield return new Figure(Name, $"during {what[6..]}: most on disk", "KiB", most.KiB, clone.KiB, Against, 1);
        yield return new Figure(Name, $"during {what[6..]}: most packs", "count", most.Packs, clone.Packs, Against, 1);
        yield return new Figure(Name, $"during {what[6..]}: most loose objects", "count", most.Loose, clone.Loose, Against, 1);

        async Task<ObjectCounts> CountAsync(string repositoryPath) =>
            ObjectCounts.Parse(await repository.GitAsync(cancellationToken, "--git-dir", repositoryPath, "count-objects", "-v"));
    }
}

/// <summary>From git-count-objects(1), <c>-v</c>.</summary>
internal sealed record ObjectCounts(long Loose, long Packs, long KiB)
{
    public static ObjectCounts Parse(string text)
    {
        var values = text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(": "))
            .ToDictionary(parts => parts[0], parts => long.Parse(parts[1], CultureInfo.InvariantCulture));
        return new ObjectCounts(values["count"], values["packs"], values["size"] + values["size-pack"]);
    }

    public ObjectCounts Highest(ObjectCounts other) =>
        new(Math.Max(Loose, other.Loose), Math.Max(Packs, other.Packs), Math.Max(KiB, other.KiB));
}
