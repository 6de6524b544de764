using GitOps.Agent.Loop;
using GitOps.Bundles;
using GitOps.Bundles.Reports;
using static GitOps.Agent.Tests.Loop.FakeWorld;

namespace GitOps.Agent.Tests.Loop;

/// <summary>The wall clock of the node jumps. Nothing that is on the node may notice.</summary>
public sealed class ClockJumpTests : IDisposable
{
    private static readonly UnitId Web = UnitId.Parse("workload/web");
    private readonly TestNode _node = new();

    public static TheoryData<string> Jumps => ["1970-01-01T00:00:00Z", "2036-11-24T08:00:00Z", "2026-11-24T07:00:00Z"];

    public void Dispose() => _node.Dispose();

    [Theory]
    [MemberData(nameof(Jumps))]
    public async Task Nothing_is_made_removed_or_given_up_because_the_clock_jumped(string to)
    {
        _node.Fleet.Publish(Bundle.Of([Workload("web"), File("motd", "x")]));
        await _node.ConvergeAsync();
        var made = _node.World.Log.Count;
        Jump(to);
        await _node.StepAsync(50);
        Assert.Equal((made, 2), (_node.World.Log.Count, _node.World.Held.Count));
        Assert.Equal(NodePhase.Converged, _node.Last.Phase);

        _node.Fleet.Publish(Bundle.Of([Workload("web", "two")]));
        await _node.ConvergeAsync();
        Assert.Equal(Workload("web", "two"), _node.World.Held[Web]);
        _node.Restart();
        await _node.ConvergeAsync();
        Assert.Equal([Web], _node.World.Held.Keys);
    }

    [Theory]
    [MemberData(nameof(Jumps))]
    public async Task A_deadline_is_neither_over_at_once_nor_never_because_the_clock_jumped(string to)
    {
        _node.Fleet.Publish(Bundle.Of([Workload("web")]));
        await _node.ConvergeAsync();
        _node.Fleet.Publish(Bundle.Of([Workload("web", "bad")]));
        await _node.UntilAsync(() => _node.World.Held[Web] == Workload("web", "bad"));
        Jump(to);
        await _node.StepAsync(2);
        Assert.Equal(Workload("web", "bad"), _node.World.Held[Web]);
        await _node.UntilAsync(() => _node.Last.Phase == NodePhase.Failed && _node.World.Held[Web] == Workload("web"));
    }

    [Theory]
    [MemberData(nameof(Jumps))]
    public async Task A_hold_lasts_as_long_as_it_was_asked_for_whatever_the_clock_says(string to)
    {
        _node.ClockTrusted = true; // also where nobody has noticed the jump yet
        _node.Fleet.Publish(Bundle.Of([Workload("web")]));
        await _node.ConvergeAsync();
        await AskAsync(new PersonRequest.HoldUnit(Web, TimeSpan.FromHours(4), "valve is open", "ada"));
        Jump(to);
        _node.Fleet.Publish(Bundle.Of([Workload("web", "two")]));
        await _node.UntilAsync(() => _node.Last.SeenGeneration == 2 && _node.Last.Phase == NodePhase.Waiting);
        _node.Time.Advance(TimeSpan.FromHours(3.9));
        await _node.StepAsync(5);
        Assert.Equal(Workload("web"), _node.World.Held[Web]);
        _node.Time.Advance(TimeSpan.FromHours(0.1));
        await _node.ConvergeAsync();
        Assert.Equal(Workload("web", "two"), _node.World.Held[Web]);
    }

    [Fact]
    public async Task A_restart_ends_no_hold_early_and_a_clock_that_is_trusted_ends_it_in_time()
    {
        _node.ClockTrusted = true;
        _node.Fleet.Publish(Bundle.Of([Workload("web")]));
        await _node.ConvergeAsync();
        await AskAsync(new PersonRequest.HoldUnit(null, TimeSpan.FromHours(4), "works on the machine", "ada"));
        _node.Fleet.Publish(Bundle.Of([Workload("web", "two"), Workload("more")]));
        _node.Time.Advance(TimeSpan.FromHours(3));
        (_node.ClockTrusted, _) = (false, 0);
        _node.Time.Set(new DateTimeOffset(2036, 1, 1, 0, 0, 0, TimeSpan.Zero));
        _node.Restart();
        await _node.UntilAsync(() => _node.Last.SeenGeneration == 2);
        await _node.StepAsync(20);
        Assert.Equal([Workload("web")], _node.World.Held.Values);

        _node.Time.Set(new DateTimeOffset(2026, 11, 24, 12, 10, 0, TimeSpan.Zero));
        _node.ClockTrusted = true;
        await _node.ConvergeAsync();
        Assert.Equal(2, _node.World.Held.Count);
    }

    private void Jump(string to) => _node.Time.Set(DateTimeOffset.Parse(to, System.Globalization.CultureInfo.InvariantCulture));

    private async Task AskAsync(PersonRequest request)
    {
        var answer = _node.Loop.AskAsync(request);
        await _node.StepAsync();
        await answer;
    }
}
