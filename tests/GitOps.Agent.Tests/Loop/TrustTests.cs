using System.Text;
using GitOps.Agent.Loop;
using GitOps.Bundles;
using GitOps.Bundles.Publications;
using GitOps.Bundles.Reports;
using static GitOps.Agent.Tests.Loop.FakeWorld;

namespace GitOps.Agent.Tests.Loop;

/// <summary>Keys that change, a head that ages, and a node that leaves.</summary>
public sealed class TrustTests : IDisposable
{
    private static readonly UnitId Web = UnitId.Parse("workload/web");
    private readonly TestNode _node = new();

    public void Dispose() => _node.Dispose();

    [Fact]
    public async Task A_key_that_a_newer_root_names_is_followed_and_the_old_one_never_again()
    {
        _node.Fleet.Publish(Bundle.Of([Workload("web", "one")]));
        await _node.ConvergeAsync();
        var old = _node.Fleet.Pointer;
        _node.Fleet.Rotate();
        _node.Fleet.Rotate();
        _node.Fleet.Publish(Bundle.Of([Workload("web", "two")]));
        await _node.ConvergeAsync();
        Assert.Equal(2, _node.Reports.Sum(r => r.Events.Count(e => e.Code == AgentCodes.RootFollowed.Id)));

        _node.Fleet.LoseRoots();
        _node.Fleet.Pointer = old;
        _node.Restart();
        await _node.UntilAsync(() => Said(BundleCodes.UnknownKey));
        Assert.Equal(Workload("web", "two"), _node.World.Held[Web]);
    }

    [Fact]
    public async Task A_root_that_the_one_before_does_not_stand_behind_is_refused_and_said()
    {
        _node.Fleet.Publish(Bundle.Of([Workload("web", "one")]));
        await _node.ConvergeAsync();
        using var stranger = Tests.Loop.Fleet.NewSigner();
        _node.Fleet.Rotate(by: stranger);
        _node.Fleet.Publish(Bundle.Of([Workload("web", "two")]));
        await _node.UntilAsync(() => Condition("TrustCurrent") is { Status: "False" });

        Assert.True(Said(BundleCodes.UnknownKey));
        Assert.Equal(Workload("web", "one"), _node.World.Held[Web]);
        Assert.Null(_node.Saved.Root);
    }

    [Fact]
    public void A_root_of_another_fleet_in_the_state_does_not_count()
    {
        using var signer = Tests.Loop.Fleet.NewSigner();
        var other = _node.Carried with { Fleet = "another", Version = 9, RootKeys = [signer.Key] };

        var kept = Encoding.UTF8.GetString(other.Sign(signer).ToBytes());
        Assert.Same(_node.Carried, new NodeIdentity(Tests.Loop.Fleet.Uid, Tests.Loop.Fleet.Node, _node.Carried).NewestRoot(kept));
    }

    [Fact]
    public async Task A_head_that_is_no_longer_good_raises_an_alarm_once_and_stops_nothing()
    {
        _node.ClockTrusted = true;
        _node.Fleet.Publish(Bundle.Of([Workload("web", "one")]));
        _node.Fleet.SignHead(_node.Time.GetUtcNow().AddHours(1));
        await _node.ConvergeAsync();
        await _node.StepAsync(3);
        Assert.Null(Condition("HeadCurrent"));

        _node.Time.Advance(TimeSpan.FromHours(2));
        await _node.UntilAsync(() => Condition("HeadCurrent") is { Status: "False" });
        _node.Fleet.Publish(Bundle.Of([Workload("web", "two")]));
        await _node.ConvergeAsync();
        Assert.Equal(1, _node.Reports.Sum(r => r.Events.Count(e => e.Code == AgentCodes.StaleHead.Id)));

        _node.Fleet.SignHead(_node.Time.GetUtcNow().AddHours(9));
        _node.Time.Advance(TimeSpan.FromHours(2));
        await _node.UntilAsync(() => Condition("HeadCurrent") is null);
    }

    [Fact]
    public async Task When_a_head_was_signed_is_past_and_a_day_more_is_worth_noting()
    {
        _node.Fleet.Publish(Bundle.Of([Workload("web", "one")]));
        var first = _node.Time.GetUtcNow();
        _node.Fleet.SignHead(first.AddDays(2));
        await _node.ConvergeAsync();
        await _node.UntilAsync(() => _node.Saved.TrustedTime == first);

        _node.Time.Advance(TimeSpan.FromHours(2));
        _node.Fleet.SignHead(_node.Time.GetUtcNow().AddDays(2));
        await _node.StepAsync(20);
        Assert.Equal(first, _node.Saved.TrustedTime);

        _node.Time.Advance(TimeSpan.FromDays(2));
        var later = _node.Time.GetUtcNow();
        _node.Fleet.SignHead(later.AddDays(2));
        await _node.UntilAsync(() => _node.Saved.TrustedTime == later);
    }

    [Fact]
    public async Task A_time_that_was_proved_counts_more_than_a_head_of_a_clock_that_was_years_ahead()
    {
        var ahead = _node.Time.GetUtcNow().AddYears(10);
        _node.Fleet.Publish(Bundle.Of([Workload("web", "one")]));
        _node.Fleet.SignHead(ahead.AddDays(2));
        await _node.ConvergeAsync();
        await _node.UntilAsync(() => _node.Saved.TrustedTime == ahead);

        var now = _node.Time.GetUtcNow();
        _node.Loop.ProveTime(now, new Problem(AgentCodes.ClockWrong, "another time", "set the clock"));
        await _node.UntilAsync(() => _node.Saved.TrustedTime == now);
        await _node.UntilAsync(() => _node.Reports.Exists(r => r.Events.Any(e => e.Code == AgentCodes.ClockWrong.Id)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_head_is_not_old_by_a_clock_that_nobody_trusts(bool isIsolated)
    {
        _node.ClockIsolated = isIsolated;
        _node.Fleet.Publish(Bundle.Of([Workload("web", "one")]));
        _node.Fleet.SignHead(_node.Time.GetUtcNow().AddYears(-9));
        await _node.ConvergeAsync();
        await _node.StepAsync(20);

        Assert.Null(Condition("HeadCurrent"));
    }

    [Fact]
    public async Task A_node_that_left_and_keeps_goes_on_supervising_and_says_so_also_after_a_restart()
    {
        _node.Fleet.Publish(Bundle.Of([Workload("web")]));
        await _node.ConvergeAsync();
        _node.Fleet.Publish(new PublicationEntry(Tests.Loop.Fleet.Node, null, 0) { Decommission = Decommission.Keep });
        await _node.UntilAsync(() => Condition("Decommissioned") is { Reason: "Keep" });
        Assert.True(Said(AgentCodes.Decommissioned));
        _node.World.Lose();
        await _node.UntilAsync(() => _node.World.Held.ContainsKey(Web));

        _node.Restart();
        _node.World.Lose();
        await _node.UntilAsync(() => _node.World.Held.ContainsKey(Web) && _node.Last.Phase == NodePhase.Converged);
        Assert.Equal("Keep", Condition("Decommissioned")?.Reason);
    }

    [Fact]
    public async Task A_tombstone_that_keeps_ends_an_attempt_and_goes_back_to_what_was_committed()
    {
        _node.Fleet.Publish(Bundle.Of([Workload("web", "one")]));
        await _node.ConvergeAsync();
        _node.World.Away.Add(Web);
        _node.Fleet.Publish(Bundle.Of([Workload("web", "two")]));
        await _node.UntilAsync(() => _node.World.Held[Web] == Workload("web", "two"));
        _node.Fleet.Publish(new PublicationEntry(Tests.Loop.Fleet.Node, null, 0) { Decommission = Decommission.Keep });
        await _node.UntilAsync(() => _node.Last.SeenGeneration == 3 && _node.World.Held[Web] == Workload("web", "one"));
    }

    [Fact]
    public async Task A_node_that_is_wiped_removes_what_it_owns_in_order_and_says_so()
    {
        _node.Fleet.Publish(Bundle.Of([Workload("db"), Workload("web", requires: "workload/db"), File("motd", "x")]));
        await _node.ConvergeAsync();
        var made = _node.World.Log.Count;
        _node.Fleet.Publish(new PublicationEntry(Tests.Loop.Fleet.Node, null, 0) { Decommission = Decommission.Wipe });
        await _node.UntilAsync(() => _node.Last is { Phase: NodePhase.Converged, SeenGeneration: 2 } && _node.World.Held.Count == 0);

        var removals = _node.World.Log.Skip(made).ToList();
        Assert.Equal(["remove file/motd", "remove workload/db", "remove workload/web"], removals.Order());
        Assert.True(removals.IndexOf("remove workload/web") < removals.IndexOf("remove workload/db"));
        Assert.Equal("Wipe", Condition("Decommissioned")?.Reason);
        Assert.Empty(_node.Saved.Owned);
    }

    private Condition? Condition(string type) =>
        _node.Reports.Count == 0 ? null : _node.Last.Conditions.Where(c => c.Type == type).Cast<Condition?>().SingleOrDefault();

    private bool Said(ErrorCode code) => _node.Reports.Exists(r => r.Events.Any(e => e.Code == code.Id));
}
