using Dapper;
using Microsoft.Data.Sqlite;

namespace GitOps.ControlPlane.Storage;

/// <summary>Something a person did that no commit says.</summary>
/// <param name="Actor">By what it was allowed: the people's token.</param>
/// <param name="Action">Such as <c>node.remove</c>.</param>
public sealed record AuditEntry(DateTimeOffset Time, string Actor, string Action, string Subject, string Detail);

/// <summary>Who did what, in the database: added in the transaction of what was done, never changed.</summary>
public sealed class AuditTrail(Database database)
{
    /// <summary>The newest first.</summary>
    public IReadOnlyList<AuditEntry> Recent(int limit) => database.Read(connection => connection
        .Query<(long Time, string Actor, string Action, string Subject, string Detail)>(
            "SELECT time_ms, actor, action, subject, detail FROM audit ORDER BY id DESC LIMIT @limit", new { limit })
        .Select(row => new AuditEntry(DateTimeOffset.FromUnixTimeMilliseconds(row.Time), row.Actor, row.Action, row.Subject, row.Detail))
        .ToList());

    /// <summary>Within the transaction of what is done.</summary>
    internal static void Add(SqliteConnection connection, AuditEntry entry) => connection.Execute(
        "INSERT INTO audit (time_ms, actor, action, subject, detail) VALUES (@time, @Actor, @Action, @Subject, @Detail)",
        new { time = entry.Time.ToUnixTimeMilliseconds(), entry.Actor, entry.Action, entry.Subject, entry.Detail });
}
