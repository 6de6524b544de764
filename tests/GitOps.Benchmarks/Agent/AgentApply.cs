using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using GitOps.Benchmarks.Fleets;
using GitOps.Benchmarks.Measuring;
using GitOps.Bundles;
using GitOps.Platform.Files;
using GitOps.Platform.Http;

namespace GitOps.Benchmarks.Agent;

/// <summary>From the moment the control plane has published until the file on a connected node is the new one.</summary>
internal sealed class AgentApply : Benchmark
{
    private const string Against = "its pointer and bundle over a kept TLS connection, one durable write";
    private static readonly AgentFleet Fleet = new(Files: 13, Processes: 3, Volumes: 3, Devices: 1);

    public override string Name => "agent-apply";

    public override string Says => "from published to applied on a connected node: a file unit of 20 units";

    public override async IAsyncEnumerable<Figure> RunAsync(
        BenchContext bench, string directory, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var runs = bench.RunsOr(100);
        await using var stand = await AgentStand.StartAsync(bench, directory, Fleet, runs + 5, TimeSpan.FromMinutes(5), cancellationToken);
        using var floor = stand.Agent.Connect(stand.ControlPlane.NodeAddress);
        var arrivals = Channel.CreateUnbounded<(string Text, long At)>();
        using var watcher = new FileSystemWatcher(stand.Agent.Root, AgentFleet.Changing);
        watcher.Renamed += (_, renamed) => arrivals.Writer.TryWrite((File.ReadAllText(renamed.FullPath), Stopwatch.GetTimestamp()));
        watcher.EnableRaisingEvents = true;
        List<double> applied = [], reported = [], floors = [];
        for (var commit = 1; commit <= runs + 5; commit++)
        {
            var (file, report) = await OnceAsync(stand, arrivals.Reader, commit, cancellationToken);
            var bundle = await stand.PointedToAsync(cancellationToken);
            var least = await Clocked.OnceAsync(() => FetchAndWriteAsync(floor, bundle, $"{directory}/floor", cancellationToken));
            if (commit > 5)
            {
                applied.Add(file);
                reported.Add(report);
                floors.Add(least.WallMs);
            }
        }

        yield return new Figure(Name, "published to the file on disk: half of them", "ms", Medians.Share(applied, 0.5), Medians.Share(floors, 0.5), Against, runs);
        yield return new Figure(Name, "published to the file on disk: 95 of 100", "ms", Medians.Share(applied, 0.95), Medians.Share(floors, 0.95), Against, runs);
        yield return new Figure(Name, "published to committed, reported and booked: half of them", "ms", Medians.Share(reported, 0.5), null, "", runs);
        yield return new Figure(Name, "published to committed, reported and booked: 95 of 100", "ms", Medians.Share(reported, 0.95), null, "", runs);
    }

    private static async Task<(double File, double Report)> OnceAsync(
        AgentStand stand, ChannelReader<(string Text, long At)> arrivals, int commit, CancellationToken cancellationToken)
    {
        await stand.Repository.PushAsync(commit, cancellationToken);
        _ = await stand.ControlPlane.Api.SyncAsync(cancellationToken);
        var opened = await stand.Published.OfAsync(stand.Repository.Commits[commit]).WaitAsync(cancellationToken);
        (string Text, long At) arrival;
        do
        {
            arrival = await arrivals.ReadAsync(cancellationToken);
        }
        while (arrival.Text != AgentFleet.Said(commit));

        await stand.ReportedAsync(commit, cancellationToken);
        return (Stopwatch.GetElapsedTime(opened, arrival.At).TotalMilliseconds, Stopwatch.GetElapsedTime(opened).TotalMilliseconds);
    }

    private static async Task FetchAndWriteAsync(NodeHttp client, Digest bundle, string path, CancellationToken cancellationToken)
    {
        _ = await client.GetAsync(StorePaths.Pointer(GeneratedFleet.Uid, AgentFleet.Node), etag: null, cancellationToken);
        if (await client.GetAsync(StorePaths.Blob(GeneratedFleet.Uid, bundle), etag: null, cancellationToken) is not HttpAnswer.Content(var body, _))
        {
            throw new InvalidOperationException("the store does not have the bundle it points to");
        }

        AtomicFile.Write(DiskFileLayer.Host, path, body.Span);
    }
}
