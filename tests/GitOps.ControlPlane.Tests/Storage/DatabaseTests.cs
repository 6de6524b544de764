using Dapper;
using GitOps.ControlPlane.Storage;
using GitOps.TestKit;
using Microsoft.Data.Sqlite;

namespace GitOps.ControlPlane.Tests.Storage;

public sealed class DatabaseTests : IDisposable
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddDays(20_000);
    private readonly TempDirectory _directory = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Path => _directory["gitops.db"];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task What_was_written_is_there_after_a_restart()
    {
        using (var database = Open())
        {
            await database.WriteAsync(
                c => { c.Execute("INSERT INTO document (name, body, written_ms) VALUES ('guards', '{}', 1)"); }, Cancellation);
        }

        using var again = Open();
        Assert.Equal("{}", again.Read(c => c.ExecuteScalar<string>("SELECT body FROM document WHERE name = 'guards'")));
    }

    [Fact]
    public async Task A_change_that_throws_leaves_nothing()
    {
        using var database = Open();
        await Assert.ThrowsAsync<InvalidOperationException>(() => database.WriteAsync(
            c =>
            {
                c.Execute("INSERT INTO document (name, body, written_ms) VALUES ('guards', '{}', 1)");
                throw new InvalidOperationException("half-way");
            },
            Cancellation));
        Assert.Equal(0, database.Read(c => c.ExecuteScalar<long>("SELECT count(*) FROM document")));
        await database.WriteAsync(c => { c.Execute("DELETE FROM document"); }, Cancellation);
    }

    [Fact]
    public void A_reader_cannot_write()
    {
        using var database = Open();
        Assert.Throws<SqliteException>(() => database.Read(c => c.Execute("DELETE FROM document")));
    }

    [Fact]
    public async Task A_reader_sees_whole_transactions_only()
    {
        using var database = Open();
        await database.WriteAsync(
            c =>
            {
                c.Execute("INSERT INTO document (name, body, written_ms) VALUES ('guards', '{}', 1)");
                Assert.Equal(0, database.Read(r => r.ExecuteScalar<long>("SELECT count(*) FROM document")));
            },
            Cancellation);
        Assert.Equal(1, database.Read(c => c.ExecuteScalar<long>("SELECT count(*) FROM document")));
    }

    [Fact]
    public void A_newer_schema_refuses_to_start()
    {
        Open().Dispose();
        Execute("INSERT INTO schema_script (number, name, checksum, applied_ms) VALUES (999, 'later', 'x', 0)");
        var refused = Assert.IsType<DatabaseOpening.Refused>(Database.Open(Path, TimeProvider.System));
        Assert.Equal("PUB081", refused.Problem.Code);
        Assert.Contains("999-later", refused.Problem.What, StringComparison.Ordinal);
    }

    [Fact]
    public void A_script_that_changed_after_it_was_applied_refuses_to_start()
    {
        Open().Dispose();
        Execute("UPDATE schema_script SET checksum = 'other' WHERE number = 1");
        Assert.Equal("PUB082", Assert.IsType<DatabaseOpening.Refused>(Database.Open(Path, TimeProvider.System)).Problem.Code);
    }

    [Fact]
    public void A_file_that_is_no_database_is_a_problem_and_not_a_crash()
    {
        File.WriteAllText(Path, new string('x', 5000));
        Assert.Equal("PUB080", Assert.IsType<DatabaseOpening.Refused>(Database.Open(Path, TimeProvider.System)).Problem.Code);
    }

    [Fact]
    public void A_script_with_a_lower_number_is_applied_when_it_comes_later()
    {
        using var connection = new SqliteConnection("Data Source=:memory:");
        connection.Open();
        Migration low = new(2, "low", "CREATE TABLE low (x INTEGER)"), high = new(100, "high", "CREATE TABLE high (x INTEGER)");
        Assert.Null(Migrations.Apply(connection, [high], Now));
        Assert.Null(Migrations.Apply(connection, [low, high], Now));
        Assert.Null(Migrations.Apply(connection, [low, high], Now));
        Assert.Equal(0, connection.ExecuteScalar<long>("SELECT count(*) FROM low"));
    }

    [Fact]
    public void A_script_that_fails_leaves_the_schema_as_it_was()
    {
        using var connection = new SqliteConnection("Data Source=:memory:");
        connection.Open();
        Migration good = new(1, "good", "CREATE TABLE good (x INTEGER)"), bad = new(2, "bad", "CREATE TABLE good (x INTEGER)");
        Assert.Throws<SqliteException>(() => Migrations.Apply(connection, [good, bad], Now));
        Assert.Null(Migrations.Apply(connection, [good], Now));
    }

    private Database Open() => Assert.IsType<DatabaseOpening.Opened>(Database.Open(Path, TimeProvider.System)).Database;

    private void Execute(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Path};Pooling=False");
        connection.Open();
        connection.Execute(sql);
    }
}
