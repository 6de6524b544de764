using System.Globalization;
using System.Text;
using Dapper;
using GitOps.Bundles;
using Microsoft.Data.Sqlite;

namespace GitOps.ControlPlane.Storage;

/// <summary>A numbered step of the schema: <c>Storage/Migrations/NNN-name.sql</c>, forward only, unchanged once released.</summary>
internal sealed record Migration(int Number, string Name, string Sql)
{
    public string Checksum => Digest.Of(Encoding.UTF8.GetBytes(Sql)).Hex;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Number:000}-{Name}");
}

/// <summary>
/// Brings a database up to this release in one transaction under SQLite's write lock. A script is applied when its number
/// was not: numbers order scripts, but a lower one may arrive later (each area has a range of its own).
/// </summary>
internal static class Migrations
{
    public static IReadOnlyList<Migration> Embedded { get; } = [.. Read("").OrderBy(m => m.Number)];

    /// <summary>Of the database of device values.</summary>
    public static IReadOnlyList<Migration> Values { get; } = [.. Read("values/").OrderBy(m => m.Number)];

    /// <summary>What keeps this release off the database, or null when its schema is now the one this release knows.</summary>
    public static Problem? Apply(SqliteConnection connection, IReadOnlyList<Migration> known, DateTimeOffset now)
    {
        using var transaction = connection.BeginTransaction(deferred: false);
        connection.Execute(
            """
            CREATE TABLE IF NOT EXISTS schema_script (
                number INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_ms INTEGER NOT NULL)
            """);
        var applied = connection
            .Query<(long Number, string Name, string Checksum)>("SELECT number, name, checksum FROM schema_script ORDER BY number")
            .ToList();
        foreach (var script in applied)
        {
            if (Check(script, known.FirstOrDefault(m => m.Number == script.Number)) is { } problem)
            {
                return problem;
            }
        }

        foreach (var script in known.Where(m => applied.All(a => a.Number != m.Number)))
        {
            connection.Execute(script.Sql);
            connection.Execute(
                "INSERT INTO schema_script (number, name, checksum, applied_ms) VALUES (@Number, @Name, @Checksum, @AppliedMs)",
                new { script.Number, script.Name, script.Checksum, AppliedMs = now.ToUnixTimeMilliseconds() });
        }

        transaction.Commit();
        return null;
    }

    private static Problem? Check((long Number, string Name, string Checksum) applied, Migration? known)
    {
        if (known is null)
        {
            return new Problem(StorageCodes.NewerSchema,
                What: string.Create(CultureInfo.InvariantCulture,
                    $"schema script {applied.Number:000}-{applied.Name} is applied, this release does not know it"),
                Fix: "start the release that wrote the database, or a later one");
        }

        return known.Checksum == applied.Checksum
            ? null
            : new Problem(StorageCodes.ChangedScript,
                What: $"schema script {known} has checksum {known.Checksum}, {applied.Checksum} was applied",
                Fix: "start an unmodified build");
    }

    private static IEnumerable<Migration> Read(string folder)
    {
        var assembly = typeof(Migrations).Assembly;
        foreach (var resource in assembly.GetManifestResourceNames().Where(n => n.EndsWith(".sql", StringComparison.Ordinal) && n[..^FileNameOf(n).Length] == folder))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!, Encoding.UTF8);
            var file = FileNameOf(resource);
            var (number, name) = (file[..3], file[4..^".sql".Length]);
            yield return new Migration(int.Parse(number, CultureInfo.InvariantCulture), name, reader.ReadToEnd());
        }
    }

    private static string FileNameOf(string resource) => resource[(resource.LastIndexOf('/') + 1)..];
}
