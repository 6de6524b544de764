using System.Text;
using System.Text.Json;
using Dapper;
using GitOps.Bundles;
using GitOps.ControlPlane.Storage;
using GitOps.Manifests.Kinds;
using GitOps.Reconciler.Guards;
using GitOps.Reconciler.Rollouts;
using Microsoft.Data.Sqlite;

namespace GitOps.ControlPlane.Reconciling;

/// <summary>The nodes of a revision that is accepted, with their units.</summary>
public abstract record PublishedUnits(IReadOnlyList<PublishedNode> Nodes)
{
    /// <summary>There are no others.</summary>
    public sealed record All(IReadOnlyList<PublishedNode> Nodes) : PublishedUnits(Nodes);

    /// <summary>Those that are not as in the revision accepted before; <paramref name="Gone"/> are in it no more.</summary>
    public sealed record Changed(IReadOnlyList<PublishedNode> Nodes, IReadOnlyList<string> Gone) : PublishedUnits(Nodes);
}

/// <summary>What the reconciler remembers across a restart: revisions and their outcome, the guards of the published one, its rollout.</summary>
public sealed class RevisionBook(Database database, TimeProvider time)
{
    private const string Guards = "guards";
    private const string Rollout = "rollout";
    private const int Kept = 1_000;

    /// <summary>The newest first.</summary>
    public IReadOnlyList<RevisionRecord> Recent(int limit) => database.Read(c => c
        .Query<Row>(
            "SELECT id, seen_ms AS SeenMs, outcome, settled_ms AS SettledMs, hold, findings FROM revision ORDER BY sequence DESC LIMIT @limit",
            new { limit })
        .Select(row => row.ToRecord())
        .ToList());

    /// <summary>Null when it was never seen, or too long ago.</summary>
    public RevisionRecord? Find(string id) => database.Read(c => c
        .QuerySingleOrDefault<Row>(
            "SELECT id, seen_ms AS SeenMs, outcome, settled_ms AS SettledMs, hold, findings FROM revision WHERE id = @id", new { id })?
        .ToRecord());

    /// <summary>The published revision and its guards; null before the first, or when the database was lost.</summary>
    public PublishedGuards? Published() =>
        ToGuards(Document(Guards));

    /// <summary>How long machines are believed: what the published revision says, before the first the defaults.</summary>
    public IdentityPolicy Identity => ToPolicy(Published());

    /// <summary>The same of a database that may be another process's.</summary>
    public static IdentityPolicy IdentityIn(string path) => ToPolicy(ToGuards(Database.ReadFile(path, c => Document(c, Guards))));

    /// <summary>The units of each node in the published revision.</summary>
    public IReadOnlyList<PublishedNode> PublishedNodes() => database.Read(c => c
        .Query<(string Node, string Units)>("SELECT node, units FROM published_node ORDER BY node")
        .Select(row => new PublishedNode(
            row.Node, row.Units.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(UnitId.Parse).ToEquatableArray()))
        .ToList());

    /// <summary>How far the published revision is rolled out; null when that is not known.</summary>
    public RolloutState? CurrentRollout() => Document(Rollout) is { } body ? RolloutJson.TryRead(Encoding.UTF8.GetBytes(body)) : null;

    /// <summary>A revision is about to be judged.</summary>
    public Task SeenAsync(string id, CancellationToken cancellationToken) =>
        database.WriteAsync(c => Put(c, id, RevisionOutcome.Pending, hold: null, []), cancellationToken);

    /// <summary>A revision is not published.</summary>
    public Task SettleAsync(
        string id, RevisionOutcome outcome, RevisionHold? hold, IReadOnlyList<FindingRecord> findings, CancellationToken cancellationToken) =>
        database.WriteAsync(c => Put(c, id, outcome, hold, findings), cancellationToken);

    /// <summary>A revision is the published one from here on: its guards, its nodes and the beginning of its rollout, as one.</summary>
    public Task AcceptAsync(
        string id,
        GuardSettings guards,
        PublishedUnits nodes,
        RolloutState rollout,
        IReadOnlyList<FindingRecord> warnings,
        CancellationToken cancellationToken) =>
        database.WriteAsync(
            c =>
            {
                Put(c, id, RevisionOutcome.Published, hold: null, warnings);
                var document = PublishedGuards.Of(id, guards);
                Put(c, Guards, JsonSerializer.Serialize(document, BookJson.Default.PublishedGuards));
                Put(c, nodes);
                Save(c, rollout);
            },
            cancellationToken);

    public Task SaveAsync(RolloutState rollout, CancellationToken cancellationToken) =>
        database.WriteAsync(c => Save(c, rollout), cancellationToken);

    /// <summary>Within a transaction of somebody else.</summary>
    internal void Save(SqliteConnection connection, RolloutState rollout) =>
        Put(connection, Rollout, Encoding.UTF8.GetString(RolloutJson.Write(rollout)));

    private static void Put(SqliteConnection connection, PublishedUnits nodes)
    {
        switch (nodes)
        {
            case PublishedUnits.All:
                connection.Execute("DELETE FROM published_node");
                break;
            case PublishedUnits.Changed(_, var gone):
                connection.Execute("DELETE FROM published_node WHERE node = @node", gone.Select(node => new { node }));
                break;
        }

        connection.Execute(
            "INSERT OR REPLACE INTO published_node (node, units) VALUES (@Node, @Units)",
            nodes.Nodes.Select(node => new { node.Node, Units = string.Join(' ', node.Units) }));
    }

    private static PublishedGuards? ToGuards(string? body) =>
        body is not null && JsonSerializer.Deserialize(body, BookJson.Default.PublishedGuards) is { Format: 1 } guards ? guards : null;

    private static IdentityPolicy ToPolicy(PublishedGuards? published) => published?.Identity?.ToPolicy() ?? IdentityPolicy.Default;

    private string? Document(string name) => database.Read(c => Document(c, name));

    private static string? Document(SqliteConnection connection, string name) =>
        connection.ExecuteScalar<string>("SELECT body FROM document WHERE name = @name", new { name });

    private void Put(SqliteConnection connection, string name, string body) => connection.Execute(
        "INSERT OR REPLACE INTO document (name, body, written_ms) VALUES (@name, @body, @now)",
        new { name, body, now = time.GetUtcNow().ToUnixTimeMilliseconds() });

    private void Put(
        SqliteConnection connection, string id, RevisionOutcome outcome, RevisionHold? hold, IReadOnlyList<FindingRecord> findings)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var seen = connection.ExecuteScalar<long?>("SELECT seen_ms FROM revision WHERE id = @id", new { id }) ?? now;
        connection.Execute(
            """
            INSERT OR REPLACE INTO revision (id, seen_ms, outcome, settled_ms, hold, findings)
            VALUES (@id, @seen, @outcome, @settled, @hold, @findings)
            """,
            new
            {
                id,
                seen,
                outcome = NameOf(outcome),
                settled = outcome == RevisionOutcome.Pending ? (long?)null : now,
                hold = hold is null ? null : JsonSerializer.Serialize(hold, BookJson.Default.RevisionHold),
                findings = JsonSerializer.Serialize([.. findings], BookJson.Default.FindingRecordArray),
            });
        connection.Execute(
            "DELETE FROM revision WHERE sequence <= (SELECT max(sequence) FROM revision) - @Kept", new { Kept });
    }

    private static string NameOf(RevisionOutcome outcome) => outcome.ToString().ToLowerInvariant();

    private sealed record Row(string Id, long SeenMs, string Outcome, long? SettledMs, string? Hold, string Findings)
    {
        public RevisionRecord ToRecord() => new()
        {
            Id = Id,
            SeenAt = DateTimeOffset.FromUnixTimeMilliseconds(SeenMs),
            Outcome = Enum.Parse<RevisionOutcome>(Outcome, ignoreCase: true),
            SettledAt = SettledMs is { } settled ? DateTimeOffset.FromUnixTimeMilliseconds(settled) : null,
            Hold = Hold is null ? null : JsonSerializer.Deserialize(Hold, BookJson.Default.RevisionHold),
            Findings = JsonSerializer.Deserialize(Findings, BookJson.Default.FindingRecordArray)!.ToEquatableArray(),
        };
    }
}
