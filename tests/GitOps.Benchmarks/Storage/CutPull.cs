using System.Diagnostics;
using System.Globalization;
using GitOps.Benchmarks.Agent;
using GitOps.Benchmarks.Convergence;
using GitOps.TestKit.Net;

namespace GitOps.Benchmarks.Storage;

/// <summary>What one pull took.</summary>
/// <param name="Bytes">Over the line, both ways.</param>
/// <param name="Returns">For each cut, from its end until contents travel again, in milliseconds.</param>
internal sealed record PullTimes(long Bytes, TimeSpan Elapsed, IReadOnlyList<double> Returns);

/// <summary>Pulls of one agent from one server, over a line that can be cut.</summary>
internal sealed class CutPull(BenchContext bench, AgentStand stand, DavServer server, FaultProxy wire)
{
    /// <summary>More than a request and what it is answered with besides contents.</summary>
    private const long Contents = 4 << 10;

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(20);

    /// <summary>How long the line is away, in turn.</summary>
    private static readonly TimeSpan[] Away = [TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5)];

    private string Folder => $"{stand.Agent.Root}/{AgentFleet.Pulled}/{AgentFleet.Pulled}";

    /// <summary>Has a tree served, and pulled until readers have it; it must be the server's to the byte.</summary>
    /// <param name="cuts">The line is cut when so many bytes have passed in all.</param>
    public async Task<PullTimes> RunAsync(ServedTree tree, int seed, IEnumerable<long> cuts, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        var file = $"{Folder}/{tree.Write(server.Root, seed)}";
        await server.StartAsync(cancellationToken);
        var (first, began) = (wire.BytesPassed, Stopwatch.GetTimestamp());
        await stand.Agent.SyncAsync(AgentProgram.Find(), AgentFleet.Pulled, bench.Commands, limit.Token);
        List<double> returns = [];
        foreach (var at in cuts)
        {
            wire.CutAfter(Math.Max(first + at - wire.BytesPassed, 0));
            await UntilAsync(() => Passed(first + at));
            await Task.Delay(Away[returns.Count % Away.Length], limit.Token);
            var (before, back) = (wire.BytesPassed, Stopwatch.GetTimestamp());
            wire.Cut(); // what was begun meanwhile; and from now on the line is there
            await UntilAsync(() => Passed(before + Contents));
            returns.Add(Stopwatch.GetElapsedTime(back).TotalMilliseconds);
        }

        // The tree of before is there until the new one takes its place, in one rename.
        await UntilAsync(() => File.Exists(file));
        var times = new PullTimes(wire.BytesPassed - first, Stopwatch.GetElapsedTime(began), returns);
        return ServedTree.IsSame(server.Root, Folder) ? times : throw new InvalidOperationException($"what was published in {Folder} is not what {server.Root} holds");

        bool Passed(long bytes) => wire.BytesPassed >= bytes || (File.Exists(file)
            ? throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"the tree was whole after {returns.Count} cuts: it is too small"))
            : false);

        async Task UntilAsync(Func<bool> isTrue)
        {
            while (!isTrue())
            {
                await Task.Delay(Step, limit.Token);
            }
        }
    }
}
