using System.Collections.Concurrent;
using Dapper;
using GitOps.ControlPlane.Storage;
using Microsoft.Extensions.Logging;

namespace GitOps.ControlPlane.Identity;

/// <summary>A node whose identity two machines seem to have.</summary>
public sealed record IdentityAlarm(string Node, DateTimeOffset Since, string What);

/// <summary>
/// Nodes whose identity two machines seem to have, until the node gets another one. Only said, to people: nothing is stopped
/// for it. Thread-safe.
/// </summary>
public sealed class IdentityAlarms
{
    private readonly ConcurrentDictionary<string, IdentityAlarm> _alarms = new(StringComparer.Ordinal);
    private readonly Database _database;
    private readonly TimeProvider _time;
    private readonly ILogger<IdentityAlarms> _logger;

    public IdentityAlarms(Database database, TimeProvider time, ILogger<IdentityAlarms> logger)
    {
        (_database, _time, _logger) = (database, time, logger);
        foreach (var (node, since, what) in database.Read(connection =>
            connection.Query<(string, long, string)>("SELECT node, since_ms, what FROM identity_alarm").ToList()))
        {
            _alarms[node] = new IdentityAlarm(node, DateTimeOffset.FromUnixTimeMilliseconds(since), what);
        }
    }

    /// <summary>An alarm came or went; the node's name. From any thread.</summary>
    public event Action<string>? Changed;

    /// <summary>Null where nothing speaks for it.</summary>
    public IdentityAlarm? Of(string node) => _alarms.GetValueOrDefault(node);

    /// <summary>By node.</summary>
    public IReadOnlyList<IdentityAlarm> All => [.. _alarms.Values.OrderBy(alarm => alarm.Node, StringComparer.Ordinal)];

    /// <summary>The first sign is kept, whether whoever gave it waits for that or not; further ones say nothing new.</summary>
    public async Task RaiseAsync(string node, string what)
    {
        var alarm = new IdentityAlarm(node, _time.GetUtcNow(), what);
        if (!_alarms.TryAdd(node, alarm))
        {
            return;
        }

        EnrolLog.Copied(_logger, node, what);
        Changed?.Invoke(node);
        await _database.WriteAsync(
            connection =>
            {
                connection.Execute(
                    "INSERT OR REPLACE INTO identity_alarm (node, since_ms, what) VALUES (@Node, @since, @What)",
                    new { alarm.Node, alarm.What, since = alarm.Since.ToUnixTimeMilliseconds() });
                AuditTrail.Add(connection, new AuditEntry(alarm.Since, "the control plane", "node.copied", node, what));
            },
            CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>What was revoked of a node since, or the node with it, is no copy any more.</summary>
    public Task ForgetAsync(Withdrawals withdrawals) => Task.WhenAll(All
        .Where(alarm => withdrawals.IsRemoved(alarm.Node) || withdrawals.Revoked.Any(c => c.Node == alarm.Node && c.At >= alarm.Since))
        .Select(alarm => ClearAsync(alarm.Node)));

    /// <summary>The node has an identity of its own again.</summary>
    public async Task ClearAsync(string node)
    {
        if (_alarms.TryRemove(node, out _))
        {
            Changed?.Invoke(node);
            await _database.WriteAsync(
                connection => { connection.Execute("DELETE FROM identity_alarm WHERE node = @node", new { node }); }, CancellationToken.None).ConfigureAwait(false);
        }
    }
}
