using GitOps.Bundles.Reports;
using GitOps.ControlPlane.Distribution;
using GitOps.ControlPlane.Storage;
using GitOps.TestKit;
using static GitOps.ControlPlane.Tests.Distribution.TestReports;

namespace GitOps.ControlPlane.Tests.Distribution;

public sealed class ReportBookTests : IAsyncDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly Database _database;
    private readonly ReportBook _book;
    private readonly ReportReader _reader;

    public ReportBookTests()
    {
        _database = Open(_directory["gitops.db"]);
        _book = new ReportBook(_database, TimeProvider.System);
        _reader = new ReportReader(_database);
    }

    public async ValueTask DisposeAsync()
    {
        await _book.DisposeAsync();
        _database.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Reports_in_order_are_acknowledged_one_by_one()
    {
        Assert.Equal(1, await Book(Report("n", "a", 1)));
        Assert.Equal(2, await Book(Report("n", "a", 2)));
    }

    [Fact]
    public async Task A_gap_is_not_acknowledged_until_it_is_filled()
    {
        Assert.Equal(1, await Book(Report("n", "a", 1)));
        Assert.Equal(1, await Book(Report("n", "a", 3)));
        Assert.Equal(1, await Book(Report("n", "a", 4)));
        Assert.Equal(4, await Book(Report("n", "a", 2)));
    }

    [Fact]
    public async Task What_the_node_no_longer_holds_is_not_waited_for()
    {
        Assert.Equal(0, await Book(Report("n", "a", 41)));
        Assert.Equal(42, await Book(Report("n", "a", 42, oldest: 41)));
    }

    [Fact]
    public async Task A_duplicate_is_acknowledged_again_and_booked_no_second_time()
    {
        await Book(Report("n", "a", 1, null, Event("started")));
        await Book(Report("n", "a", 3, null, Event("later")));

        Assert.Equal(1, await Book(Report("n", "a", 1, null, Event("started"))));
        Assert.Equal(1, await Book(Report("n", "a", 3, null, Event("later"))));

        Assert.Equal(2, _reader.Count("n", "a"));
        Assert.Equal(["started", "later"], _reader.Events("n").Select(e => e.Message));
    }

    [Fact]
    public async Task A_report_that_comes_late_is_booked_and_does_not_replace_the_state()
    {
        List<bool> latest = [];
        _book.Booked += booked => latest.Add(booked.IsLatest);

        await Book(Report("n", "a", 2, null, Event("two")));
        await Book(Report("n", "a", 1, null, Event("one")));

        Assert.Equal([true, false], latest);
        Assert.Equal(2, Assert.Single(_reader.Latest()).Report.Sequence);
        Assert.Equal(2, _reader.Events("n").Count);
    }

    [Fact]
    public async Task A_new_boot_replaces_the_state_whatever_its_numbers()
    {
        await Book(Report("n", "a", 7, oldest: 7));
        await Book(Report("n", "b", 1));

        Assert.Equal("b", Assert.Single(_reader.Latest()).Report.BootId);
    }

    [Fact]
    public async Task A_report_far_ahead_of_the_acknowledged_ones_is_not_booked()
    {
        await Book(Report("n", "a", 1));

        Assert.Null(await Book(Report("n", "a", 10_002)));
        Assert.Equal(1, _reader.Count("n", "a"));
        Assert.Equal(10_002, await Book(Report("n", "a", 10_002, oldest: 10_002)));
    }

    [Fact]
    public async Task Events_of_a_node_are_kept_up_to_a_bound_the_newest_of_them()
    {
        for (var sequence = 1; sequence <= 5; sequence++)
        {
            await Book(Report("n", "a", sequence, null, [.. Enumerable.Range(0, 60).Select(i => Event($"{sequence}.{i}"))]));
        }

        var kept = _reader.Events("n");
        Assert.Equal(200, kept.Count);
        Assert.Equal("5.59", kept[^1].Message);
    }

    [Fact]
    public async Task Many_reports_at_once_are_each_booked()
    {
        var booking = Enumerable.Range(0, 2000).Select(i => Book(Report($"n{i % 100}", "a", 1 + (i / 100))));

        await Task.WhenAll(booking);

        Assert.Equal(100, _reader.Latest().Count);
        Assert.All(_reader.Latest(), node => Assert.Equal(20, _reader.Count(node.Report.Node, "a")));
    }

    private async Task<long?> Book(NodeReport report) =>
        (await _book.BookAsync(report, ReportJson.Write(report), TestContext.Current.CancellationToken))?.Sequence;
}
