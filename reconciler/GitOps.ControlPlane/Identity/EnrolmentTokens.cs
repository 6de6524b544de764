using System.Security.Cryptography;
using System.Text;
using Dapper;
using GitOps.ControlPlane.Storage;
using GitOps.Manifests.Registrations;
using Microsoft.Data.Sqlite;

namespace GitOps.ControlPlane.Identity;

/// <summary>The enrolment tokens there are, in the database; each step with its entry in the audit trail. Thread-safe.</summary>
public sealed class EnrolmentTokens(Database database, TimeProvider time)
{
    private const string Columns =
        "id AS Id, node AS Node, hash AS Hash, origin AS Origin, replaces AS Replaces, created_ms AS CreatedMs, expires_ms AS ExpiresMs, " +
        "used_ms AS UsedMs, used_key AS UsedKey, revoked_ms AS RevokedMs";

    /// <summary>What is over stays in the list for so long.</summary>
    private static readonly TimeSpan Remembered = TimeSpan.FromDays(30);

    private static readonly byte[] NoHash = new byte[71];

    /// <summary>The newest first, or those of one node.</summary>
    public IReadOnlyList<EnrolmentToken> List(string? node = null) => database.Read(connection => connection
        .Query<Row>($"SELECT {Columns} FROM enrolment_token WHERE @node IS NULL OR node = @node ORDER BY created_ms DESC, id", new { node })
        .Select(row => row.ToToken()).ToList());

    /// <summary>Makes a token for a node; its text is in the answer and nowhere else.</summary>
    public async Task<(EnrolmentToken Token, string Text)> CreateAsync(
        string node, TimeSpan life, bool replaces, string actor, CancellationToken cancellationToken)
    {
        var text = EnrolmentToken.New();
        var now = time.GetUtcNow();
        var token = new EnrolmentToken(
            Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6)), node, EnrolmentText.HashOf(text), actor, replaces, now, now + life);
        await database.WriteAsync(
            connection =>
            {
                Forget(connection, now);
                Insert(connection, token);
                Audit(connection, token, actor, "enroll.create", $"token {token.Id}, good until {token.ExpiresAt:u}{(replaces ? ", replaces" : "")}");
            },
            cancellationToken).ConfigureAwait(false);
        return (token, text);
    }

    /// <summary>A token somebody else made and told the hash of: there is exactly this one of its id from now on.</summary>
    /// <returns>Whether anything changed.</returns>
    public Task<bool> KeepAsync(EnrolmentToken token, CancellationToken cancellationToken) => database.WriteAsync(
        connection =>
        {
            var known = Find(connection, "id", token.Id);
            if (known is not null && known.Hash == token.Hash && known.ExpiresAt == token.ExpiresAt && known.RevokedAt is null && known.Replaces == token.Replaces)
            {
                return false;
            }

            if (Find(connection, "hash", token.Hash) is { } other && other.Id != token.Id)
            {
                return false; // one text makes one machine one node, and which one is not decided anew
            }

            var isSame = known?.Hash == token.Hash; // what was used stays used
            connection.Execute("DELETE FROM enrolment_token WHERE id = @Id", token);
            Insert(connection, isSame ? token with { UsedAt = known!.UsedAt, UsedKey = known.UsedKey } : token);
            if (!isSame)
            {
                Audit(connection, token, token.Origin, "enroll.create", $"token {token.Id}, good until {token.ExpiresAt:u}");
            }

            return true;
        },
        cancellationToken);

    /// <summary>Ends a token. Null when there is none of this id.</summary>
    public Task<EnrolmentToken?> RevokeAsync(string id, string actor, CancellationToken cancellationToken) => database.WriteAsync(
        connection =>
        {
            if (Find(connection, "id", id) is not { } token || token.RevokedAt is not null)
            {
                return Find(connection, "id", id);
            }

            return Revoke(connection, token, actor);
        },
        cancellationToken);

    /// <summary>Ends every token whose origin begins so, but for those of one.</summary>
    public Task RevokeOriginsAsync(string beginning, string? except, CancellationToken cancellationToken) => database.WriteAsync(
        connection =>
        {
            foreach (var row in connection.Query<Row>(
                $"SELECT {Columns} FROM enrolment_token WHERE revoked_ms IS NULL AND substr(origin, 1, length(@beginning)) = @beginning", new { beginning }).ToList())
            {
                if (row.Origin != except)
                {
                    Revoke(connection, row.ToToken(), row.Origin);
                }
            }
        },
        cancellationToken);

    /// <summary>
    /// The token of a text, when a machine with this key may use it. Whatever is the matter with another one, the answer is the
    /// same and takes as long.
    /// </summary>
    public EnrolmentToken? Find(string text, string key)
    {
        var hash = EnrolmentText.HashOf(text);
        var found = database.Read(connection => Find(connection, "hash", hash));
        var isIt = CryptographicOperations.FixedTimeEquals(
            Encoding.ASCII.GetBytes(hash), found is null ? NoHash : Encoding.ASCII.GetBytes(found.Hash));
        return isIt && found!.IsGoodFor(key, time.GetUtcNow()) ? found : null;
    }

    /// <summary>Uses a token up for a key; false when somebody else was quicker or it ended meanwhile.</summary>
    public Task<bool> UseAsync(EnrolmentToken token, string key, string from, CancellationToken cancellationToken) => database.WriteAsync(
        connection =>
        {
            var now = time.GetUtcNow();
            if (Find(connection, "hash", token.Hash)?.IsGoodFor(key, now) is not true)
            {
                return false;
            }

            var used = connection.Execute(
                "UPDATE enrolment_token SET used_ms = @now, used_key = @key WHERE hash = @Hash AND used_key IS NULL",
                new { now = now.ToUnixTimeMilliseconds(), key, token.Hash });
            if (used > 0)
            {
                Audit(connection, token, $"token {token.Id}", "node.enroll", $"from {from}, key {key[..16]}");
            }

            return true;
        },
        cancellationToken);

    private EnrolmentToken Revoke(SqliteConnection connection, EnrolmentToken token, string actor)
    {
        var now = time.GetUtcNow();
        connection.Execute("UPDATE enrolment_token SET revoked_ms = @now WHERE id = @Id", new { now = now.ToUnixTimeMilliseconds(), token.Id });
        Audit(connection, token, actor, "enroll.revoke", $"token {token.Id}");
        return token with { RevokedAt = now };
    }

    private static void Insert(SqliteConnection connection, EnrolmentToken token) => connection.Execute(
        "INSERT INTO enrolment_token (id, node, hash, origin, replaces, created_ms, expires_ms, used_ms, used_key) " +
        "VALUES (@Id, @Node, @Hash, @Origin, @Replaces, @created, @expires, @used, @UsedKey)",
        new
        {
            token.Id,
            token.Node,
            token.Hash,
            token.Origin,
            token.Replaces,
            token.UsedKey,
            created = token.CreatedAt.ToUnixTimeMilliseconds(),
            expires = token.ExpiresAt.ToUnixTimeMilliseconds(),
            used = token.UsedAt?.ToUnixTimeMilliseconds(),
        });

    private static EnrolmentToken? Find(SqliteConnection connection, string column, string value) => connection
        .QuerySingleOrDefault<Row>($"SELECT {Columns} FROM enrolment_token WHERE {column} = @value", new { value })?.ToToken();

    /// <summary>Not of an object that may be there still: that it was used would be forgotten.</summary>
    private static void Forget(SqliteConnection connection, DateTimeOffset now) => connection.Execute(
        "DELETE FROM enrolment_token WHERE expires_ms < @before AND (revoked_ms IS NOT NULL OR substr(origin, 1, length(@objects)) <> @objects)",
        new { before = (now - Remembered).ToUnixTimeMilliseconds(), objects = EnrolmentToken.RegistrationsOf("") });

    private void Audit(SqliteConnection connection, EnrolmentToken token, string actor, string action, string detail) =>
        AuditTrail.Add(connection, new AuditEntry(time.GetUtcNow(), actor, action, token.Node, detail));

    private sealed class Row
    {
        public required string Id { get; init; }

        public required string Node { get; init; }

        public required string Hash { get; init; }

        public required string Origin { get; init; }

        public required long Replaces { get; init; }

        public required long CreatedMs { get; init; }

        public required long ExpiresMs { get; init; }

        public long? UsedMs { get; init; }

        public string? UsedKey { get; init; }

        public long? RevokedMs { get; init; }

        public EnrolmentToken ToToken() => new(Id, Node, Hash, Origin, Replaces != 0, Time(CreatedMs)!.Value, Time(ExpiresMs)!.Value)
        {
            UsedAt = Time(UsedMs),
            UsedKey = UsedKey,
            RevokedAt = Time(RevokedMs),
        };

        private static DateTimeOffset? Time(long? ms) => ms is { } at ? DateTimeOffset.FromUnixTimeMilliseconds(at) : null;
    }
}
