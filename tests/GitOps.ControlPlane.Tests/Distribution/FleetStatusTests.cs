using GitOps.Bundles.Reports;
using GitOps.ControlPlane.Distribution;
using Microsoft.Extensions.Time.Testing;
using static GitOps.ControlPlane.Tests.Distribution.TestReports;

namespace GitOps.ControlPlane.Tests.Distribution;

public sealed class FleetStatusTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly FleetStatus _status;
    private readonly List<string> _changed = [];

    public FleetStatusTests()
    {
        _status = new FleetStatus(TimeSpan.FromMinutes(15), _time);
        _status.NodeChanged += _changed.Add;
    }

    [Fact]
    public void A_node_is_online_while_it_polls_and_offline_when_nothing_was_heard_for_long()
    {
        _status.Seen("a");
        _time.Advance(TimeSpan.FromMinutes(14));
        Assert.True(_status.Of("a").IsOnline);

        _time.Advance(TimeSpan.FromMinutes(2));
        Assert.False(_status.Of("a").IsOnline);
    }

    [Fact]
    public void A_node_that_polls_and_never_reported_is_there_and_unheard()
    {
        _status.Seen("silent");
        Book(Report("a", "boot", 1) with { Phase = NodePhase.Failed }, isLatest: true);

        Assert.Equal((true, false), (_status.Nodes["silent"].Online, _status.Nodes["silent"].IsHeard));
        Assert.Equal((NodePhase.Failed, true), (_status.Nodes["a"].Phase, _status.Nodes["a"].IsHeard));
    }

    [Fact]
    public void A_session_keeps_a_silent_node_online_also_through_a_takeover()
    {
        _status.Connected("a");
        _status.Connected("a"); // the new session begins before the old one ends
        _status.Disconnected("a");
        _time.Advance(TimeSpan.FromHours(1));
        Assert.True(_status.Of("a").IsOnline);

        _status.Disconnected("a");
        _time.Advance(TimeSpan.FromHours(1));
        Assert.False(_status.Of("a").IsOnline);
    }

    [Fact]
    public void A_poll_of_a_node_that_is_online_changes_nothing()
    {
        _status.Seen("a");
        _status.Seen("a");

        Assert.Equal(["a"], _changed);
    }

    [Fact]
    public void A_late_report_does_not_replace_the_state_and_still_shows_life()
    {
        Book(Report("a", "boot", 2), isLatest: true);
        _time.Advance(TimeSpan.FromMinutes(14));
        Book(Report("a", "boot", 1), isLatest: false);
        _time.Advance(TimeSpan.FromMinutes(14));

        Assert.Equal(2, _status.Of("a").Report!.Sequence);
        Assert.True(_status.Of("a").IsOnline);
    }

    [Fact]
    public void The_generation_floor_knows_every_report_the_loaded_ones_too()
    {
        _status.Load([new BookedReport(Report("a", "boot", 1) with { SeenGeneration = 40, Generation = 39 }, _time.GetUtcNow(), true)]);
        Book(Report("b", "boot", 1) with { SeenGeneration = 41, Generation = 3 }, isLatest: true);
        Book(Report("c", "boot", 1) with { SeenGeneration = 5 }, isLatest: true);

        Assert.Equal(41, _status.HighestGeneration);
    }

    private void Book(NodeReport report, bool isLatest) => _status.Book(new BookedReport(report, _time.GetUtcNow(), isLatest));
}
