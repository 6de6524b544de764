using GitOps.Benchmarks.Measuring;
using GitOps.Platform.Processes;

namespace GitOps.Benchmarks;

/// <summary>One question, answered by figures.</summary>
internal abstract class Benchmark
{
    /// <summary>For <c>--only</c>.</summary>
    public abstract string Name { get; }

    /// <summary>One line for people.</summary>
    public abstract string Says { get; }

    /// <param name="directory">Empty, its own, removed afterwards.</param>
    public abstract IAsyncEnumerable<Figure> RunAsync(BenchContext bench, string directory, CancellationToken cancellationToken);
}

/// <summary>How much is measured.</summary>
internal sealed record BenchContext
{
    public required bool IsQuick { get; init; }

    /// <summary>The one size of the fleet in 'scale'; null: several.</summary>
    public int? Nodes { get; init; }

    /// <summary>The full table: it takes long.</summary>
    public bool IsLong { get; init; }

    /// <summary>Null: as the benchmark thinks best.</summary>
    public int? Runs { get; init; }

    public int? Fetches { get; init; }

    public int? Agents { get; init; }

    /// <summary>Of the large file that is synced; null: as the benchmark thinks best.</summary>
    public int? Megabytes { get; init; }

    /// <summary>How long an idle agent's traffic is counted; null: as the benchmark thinks best.</summary>
    public TimeSpan? Watch { get; init; }

    public ICommandRunner Commands { get; } = new CommandRunner(TimeProvider.System);

    /// <summary>Sizes of a generated fleet.</summary>
    public IReadOnlyList<int> FleetSizes => IsQuick ? [50] : [1_000, 10_000];

    /// <summary>How often a figure is taken.</summary>
    public int RunsOr(int usual) => Runs ?? (IsQuick ? 1 : usual);
}

/// <summary>A directory on the disk of <c>TMPDIR</c>, removed at the end.</summary>
internal sealed class Scratch : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("gitops-bench-").FullName;

    public void Dispose()
    {
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (IOException failure)
        {
            // A second exception would hide the first one, which is why something still writes there.
            Console.Error.WriteLine($"{Path} could not be removed: {failure.Message}");
        }
    }
}
