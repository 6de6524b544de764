using System.Text;
using Dapper;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;
using GitOps.ControlPlane.Api;
using GitOps.ControlPlane.Storage;
using GitOps.ControlPlane.Values;
using GitOps.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace GitOps.ControlPlane.Tests.Values;

public sealed class ValueBookTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Now = new(2026, 11, 24, 10, 0, 0, TimeSpan.Zero);
    private readonly TempDirectory _directory = new();
    private readonly FakeTimeProvider _time = new(Now);
    private Database _database = null!;
    private ValueBook _book = null!;
    private long? _free = ValueBook.ReserveBytes;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        Open();
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task What_a_node_tells_is_read_back_digit_by_digit_also_after_a_restart()
    {
        ValueRecord[] told =
        [
            Value(1, 70.5000001m) with { Minimum = -0.1m, Maximum = 79228162514264337593543950335m, Mean = 3.123456789m, Count = 60, IntervalMs = 60_000 },
            new(Now.AddSeconds(2), "oven-1") { Property = "temperature", Quality = ValueQuality.Stale },
            new(Now.AddSeconds(3), "oven-1") { Property = "temperature", Value = new DeviceValue.Boolean(true) },
            new(Now.AddSeconds(4), "oven-1") { Property = "temperature", Text = "70.5" },
            new(Now.AddSeconds(5), "oven-1") { Lost = 12 },
        ];
        Assert.Equal(new ValueReceipt(5, 0), await KeepAsync("press-1", told));
        await CloseAsync();
        Open();

        Assert.Equal(
            [
                new(Now.AddSeconds(1), "press-1") { Value = "70.5000001", Min = "-0.1", Max = "79228162514264337593543950335", Mean = "3.123456789", Count = 60, IntervalMs = 60_000 },
                new(Now.AddSeconds(2), "press-1") { Quality = "stale" },
                new(Now.AddSeconds(3), "press-1") { Value = "true" },
                new(Now.AddSeconds(4), "press-1") { Value = "70.5" },
                new(Now.AddSeconds(5), "press-1") { Lost = 12 },
            ],
            Page()!.Values);
    }

    [Fact]
    public async Task What_is_told_again_is_one_and_what_is_told_by_another_node_is_another()
    {
        await KeepAsync("press-1", [Value(1, 1), Value(2, 2)]);
        Assert.Equal(new ValueReceipt(3, 0), await KeepAsync("press-1", [Value(1, 1), Value(2, 2), Value(3, 3)]));
        await KeepAsync("press-2", [Value(2, 20)]);

        Assert.Equal(["press-1 1", "press-2 20", "press-1 2", "press-1 3"], Page()!.Values.Select(value => $"{value.Node} {value.Value}"));
    }

    [Fact]
    public async Task A_line_that_is_no_value_spoils_no_other()
    {
        var lines = string.Join('\n', "{", Line(Value(1, 1)), "", "null", "[]", Line(Value(2, 2)).Replace("oven-1", "../x", StringComparison.Ordinal),
            Line(new(Now, "oven-1") { Property = "a" }), Line(Value(3, 3)).Replace("{", "{\"later\":1,", StringComparison.Ordinal), Line(Value(90_000, 4)), Line(Value(4, 4)));

        var receipt = Assert.IsType<ValueOutcome.Kept>(await _book.KeepAsync("press-1", Encoding.UTF8.GetBytes(lines), Token)).Receipt;

        Assert.Equal((3, 6), (receipt.Taken, receipt.Refused));
        Assert.NotNull(receipt.Why);
        Assert.Equal(["1", "3", "4"], Page()!.Values.Select(value => value.Value));
    }

    [Fact]
    public async Task The_newest_are_read_page_by_page_and_within_times()
    {
        await KeepAsync("press-1", [.. Enumerable.Range(1, 7).Select(i => Value(i, i))]);

        var newest = Page(limit: 3)!;
        Assert.Equal(["5", "6", "7"], newest.Values.Select(value => value.Value));
        Assert.Equal(["2", "3", "4"], Page(limit: 3, to: newest.Next)!.Values.Select(value => value.Value));
        var within = Page(from: Now.AddSeconds(2), to: Now.AddSeconds(4))!;
        Assert.Equal(["2", "3"], within.Values.Select(value => value.Value));
        Assert.Null(within.Next);
        Assert.Null(new ValueReader(_database).Read("oven-1", new ValueQuery { Property = "pressure" }));
        Assert.Null(new ValueReader(_database).Read("oven-2", new ValueQuery { Property = "temperature" }));
    }

    [Fact]
    public async Task Old_ones_go_by_age_and_by_number_and_the_newest_stay()
    {
        await KeepAsync("press-1", [.. Enumerable.Range(1, 5_000).Select(i => Value(i, i))]);
        await KeepAsync("press-1", [.. Enumerable.Range(1, 20).Select(i => Value(i, i) with { Property = "pressure" })]);

        await Retention(TimeSpan.FromDays(1), rows: 10).PruneAsync(Token);
        Assert.Equal(Enumerable.Range(4_991, 10).Select(i => $"{i}"), Page()!.Values.Select(value => value.Value));

        _time.Advance(TimeSpan.FromHours(1));
        await Retention(TimeSpan.FromHours(1) - TimeSpan.FromSeconds(18), rows: 10).PruneAsync(Token);
        Assert.Equal(["18", "19", "20"], new ValueReader(_database).Read("oven-1", new ValueQuery { Property = "pressure" })!.Values.Select(value => value.Value));
        Assert.Equal(10, Page()!.Values.Count);
    }

    [Fact]
    public async Task A_node_that_invents_properties_fills_no_disk()
    {
        for (var i = 0; i < ValueTables.MaxSeries; i += 1_000)
        {
            await KeepAsync("press-1", [.. Enumerable.Range(i, 1_000).Select(p => Value(1, 1) with { Property = $"p{p}" })]);
        }

        var receipt = await KeepAsync("press-1", [Value(1, 1) with { Property = "one-more" }, Value(2, 2) with { Property = "p7" }]);

        Assert.Equal((1, 1), (receipt.Taken, receipt.Refused));
        Assert.Equal(new ValueReceipt(1, 0), await KeepAsync("press-2", [Value(1, 1)]));
    }

    [Fact]
    public async Task A_disk_that_is_nearly_full_takes_values_only_where_others_went()
    {
        await KeepAsync("press-1", [.. Enumerable.Range(1, 3_000).Select(i => Value(i, i))]);
        _free = ValueBook.ReserveBytes - 8_192;
        var outcome = await _book.KeepAsync("press-1", Encoding.UTF8.GetBytes(Line(Value(4_000, 1))), Token);
        Assert.Equal("PUB191", Assert.IsType<ValueOutcome.TryAgain>(outcome).Problem.Code);

        await Retention(TimeSpan.FromDays(1), rows: 1).PruneAsync(Token);
        Assert.Equal(new ValueReceipt(1, 0), await KeepAsync("press-1", [Value(4_000, 1)]));
    }

    [Fact]
    public async Task What_the_database_does_not_take_is_to_be_sent_again()
    {
        _free = null; // the disk cannot be asked
        Assert.IsType<ValueOutcome.TryAgain>(await _book.KeepAsync("press-1", Encoding.UTF8.GetBytes(Line(Value(1, 1))), Token));
        _free = ValueBook.ReserveBytes;
        Assert.Equal(new ValueReceipt(1, 0), await KeepAsync("press-1", [Value(1, 1)]));
        await _database.WriteAsync(connection => { connection.Execute("DROP TABLE samples"); }, Token);
        var outcome = await _book.KeepAsync("press-1", Encoding.UTF8.GetBytes(Line(Value(1, 1))), Token);
        Assert.Equal("PUB191", Assert.IsType<ValueOutcome.TryAgain>(outcome).Problem.Code);
    }

    private static ValueRecord Value(int second, decimal value) =>
        new(Now.AddSeconds(second), "oven-1") { Property = "temperature", Value = new DeviceValue.Number(value) };

    private static string Line(ValueRecord record) => Encoding.UTF8.GetString(ReportJson.Write(record));

    private async Task<ValueReceipt> KeepAsync(string node, IEnumerable<ValueRecord> records) => Assert.IsType<ValueOutcome.Kept>(
        await _book.KeepAsync(node, Encoding.UTF8.GetBytes(string.Join('\n', records.Select(Line))), Token)).Receipt;

    private ValuePage? Page(int limit = 500, DateTimeOffset? from = null, DateTimeOffset? to = null) =>
        new ValueReader(_database).Read("oven-1", new ValueQuery { Property = "temperature", Limit = limit, From = from, To = to });

    private ValueRetention Retention(TimeSpan age, long rows) =>
        new(_database, _book, new ValueBounds(age, rows), _time, NullLogger<ValueRetention>.Instance);

    private void Open()
    {
        _database = Assert.IsType<DatabaseOpening.Opened>(Database.OpenValues(_directory["values.db"], _time)).Database;
        _book = new ValueBook(_database, _time, () => _free ?? throw new IOException("no such disk"));
    }

    private async Task CloseAsync()
    {
        await _book.DisposeAsync();
        _database.Dispose();
    }
}
