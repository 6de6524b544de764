using GitOps.Bundles.Reports;
using GitOps.EndToEnd.Tests.Fleet;
using GitOps.Platform.Files;
using GitOps.Platform.Http;
using GitOps.Platform.Tls;
using Microsoft.Data.Sqlite;

namespace GitOps.EndToEnd.Tests;

/// <summary>The control plane is killed while nodes report: each report counts once, and none that was acknowledged is lost.</summary>
public sealed class ControlPlaneKillTests
{
    private const int Kills = 8;
    private const string Speaker = "speaker";
    private static readonly string[] Nodes = ["press-1", "press-2"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_report_is_booked_once_and_none_that_was_acknowledged_is_lost()
    {
        var random = new Random(4);
        await using var fleet = new TestFleet(ControlPlaneProcess.Embedded);
        var nodes = Yaml.Fleet() + string.Concat(Nodes.Append(Speaker).Select(n => Yaml.Node(n, $"{fleet.HomeOf(n)}/root")));
        await fleet.ConvergedAsync(await fleet.StartAsync(Nodes, ("fleet.yaml", nodes), ("things.yaml", Yaml.File("motd", "0"))));
        var folder = fleet.HomeOf($"{Speaker}-identity");
        await fleet.ControlPlane.EnrolAsync(Speaker, folder, Cancellation);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var speaking = SpeakAsync(folder, fleet.ControlPlane.NodePort, stop.Token);

        var revision = "";
        for (var kill = 1; kill <= Kills; kill++)
        {
            revision = fleet.Git.CommitAndPush("change", ("things.yaml", Yaml.File("motd", $"{kill}")));
            await Task.Delay(random.Next(0, 500), Cancellation); // the random moment is the point
            await fleet.ControlPlane.KillAsync();
            await fleet.ControlPlane.StartAsync(Cancellation);
        }

        await fleet.ConvergedAsync(revision);
        await stop.CancelAsync();
        var acknowledged = await speaking;
        Assert.InRange(acknowledged, 2 * Kills, long.MaxValue);
        // The agents were never killed: one boot each, and its last report is the last one booked, once the last one has come.
        await fleet.UntilAsync(
            async () =>
            {
                var boots = Boots(fleet);
                var last = await Task.WhenAll(Nodes.Select(fleet.ReportAsync));
                return boots.All(b => b.Floor == b.Booked && b.Ahead == 0) &&
                    last.All(r => boots.Where(b => b.Node == r!.Node).Select(b => (b.BootId, b.Floor)).SequenceEqual([(r!.BootId, r.Sequence)]));
            },
            "nothing is missing between the reports of any boot, and of each node the last is there");

        var boots = Boots(fleet);
        Assert.Equal(Nodes.Append(Speaker).Order(), boots.Select(b => b.Node).Distinct().Order());
        Assert.InRange(boots.Single(b => b.Node == Speaker).Floor, acknowledged, acknowledged + 1);
        // An event for every committed generation, each once: a report booked twice would repeat its events.
        Assert.All(Nodes, node => Assert.Distinct(Events(fleet, node)));
    }

    /// <summary>A node that reports without a pause, each report again until it is acknowledged. Returns the highest acknowledged.</summary>
    private static async Task<long> SpeakAsync(string folder, int port, CancellationToken cancellationToken)
    {
        var (layer, sequence, acknowledged) = (DiskFileLayer.Host, 1L, 0L);
        using var http = new NodeHttp(
            new NodeHttpOptions(new Uri($"https://127.0.0.1:{port}"))
            {
                Identity = CertificateFiles.LoadIdentity(layer, $"{folder}/node.crt", $"{folder}/node.key"),
                Verifier = new PeerVerifier(
                    CertificateFiles.LoadAuthorities(layer, $"{folder}/ca.crt"), PeerRole.Server, TimeProvider.System.GetUtcNow),
            },
            TimeProvider.System);
        while (!cancellationToken.IsCancellationRequested)
        {
            var report = new NodeReport
            {
                Fleet = Yaml.Uid,
                Node = Speaker,
                BootId = "0123456789abcdef0123456789abcdef",
                Sequence = sequence,
                Time = TimeProvider.System.GetUtcNow(),
                Agent = new AgentVersion("0.1.0", 1),
                Phase = NodePhase.Waiting,
            };
            try
            {
                if (await http.PostJsonAsync($"v1/{Yaml.Uid}/reports", ReportJson.Write(report), cancellationToken) is HttpAnswer.Content(var body, _) &&
                    ReportJson.TryReadAck(body.Span) is { } ack)
                {
                    Assert.InRange(ack.Sequence, acknowledged, sequence); // what was acknowledged stays so, also by the next process
                    acknowledged = ack.Sequence;
                    sequence = acknowledged + 1;
                }
                else
                {
                    await Task.Delay(20, cancellationToken); // it is away
                }
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                break;
            }
        }

        return acknowledged;
    }

    private static List<Boot> Boots(TestFleet fleet) => Query(
        fleet,
        """
        SELECT b.node, b.boot_id, b.floor, b.booked, (SELECT count(*) FROM reports_ahead a WHERE a.node = b.node AND a.boot_id = b.boot_id)
        FROM node_boots b
        """,
        row => new Boot(row.GetString(0), row.GetString(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4)));

    private static List<(long, string, string)> Events(TestFleet fleet, string node) => Query(
        fleet, $"SELECT time, code, message FROM node_events WHERE node = '{node}'", row => (row.GetInt64(0), row.GetString(1), row.GetString(2)));

    private static List<T> Query<T>(TestFleet fleet, string sql, Func<SqliteDataReader, T> read)
    {
        var source = new SqliteConnectionStringBuilder { DataSource = fleet.ControlPlane.Data.Database, Mode = SqliteOpenMode.ReadOnly, Pooling = false };
        using var connection = new SqliteConnection(source.ToString());
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        List<T> rows = [];
        while (reader.Read())
        {
            rows.Add(read(reader));
        }

        return rows;
    }

    private sealed record Boot(string Node, string BootId, long Floor, long Booked, long Ahead);
}
