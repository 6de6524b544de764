using GitOps.Agent.Loop;
using GitOps.Bundles;
using GitOps.Bundles.Publications;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;
using static GitOps.Agent.Tests.Loop.FakeWorld;

namespace GitOps.Agent.Tests.Loop;

public sealed class AgentLoopTests : IDisposable
{
    private readonly TestNode _node = new();

    public void Dispose() => _node.Dispose();

    [Fact]
    public async Task A_node_makes_what_its_bundle_says_and_removes_what_left_it()
    {
        _node.Fleet.Publish(Bundle.Of([Workload("web"), File("motd", "hello")]));
        await _node.ConvergeAsync();
        Assert.Equal(["file/motd", "workload/web"], _node.World.Held.Keys.Select(k => k.ToString()));

        _node.Fleet.Publish(Bundle.Of([File("motd", "hello")]));
        await _node.ConvergeAsync();
        Assert.Equal(["file/motd"], _node.World.Held.Keys.Select(k => k.ToString()));
    }

    [Fact]
    public async Task What_left_the_bundle_goes_only_after_the_new_generation_is_committed()
    {
        _node.Fleet.Publish(Bundle.Of([Workload("old")]));
        await _node.ConvergeAsync();
        _node.World.Away.Add(UnitId.Parse("workload/new"));
        _node.Fleet.Publish(Bundle.Of([Workload("new")]));
        await _node.UntilAsync(() => _node.World.Held.ContainsKey(UnitId.Parse("workload/new")));
        await _node.StepAsync(20);
        Assert.Contains(UnitId.Parse("workload/old"), _node.World.Held.Keys);

        _node.World.Away.Clear();
        await _node.ConvergeAsync();
        Assert.DoesNotContain(UnitId.Parse("workload/old"), _node.World.Held.Keys);
    }

    [Fact]
    public async Task A_node_is_not_converged_while_something_that_left_its_bundle_cannot_be_removed()
    {
        _node.Fleet.Publish(Bundle.Of([Workload("web"), File("motd", "hello")]));
        await _node.ConvergeAsync();
        _node.World.Broken.Add(UnitId.Parse("workload/web"));
        var generation = _node.Fleet.Publish(Bundle.Of([File("motd", "hello")]));
        await _node.UntilAsync(() => _node.Last.Generation == generation && _node.Last.Phase == NodePhase.Waiting);
        Assert.Contains("still to be removed: workload/web", _node.Last.Conditions.Single(c => c.Type == "Ready").Message, StringComparison.Ordinal);
        Assert.Contains(_node.Last.Holds, h => h.Unit.ToString() == "workload/web");

        _node.World.Broken.Clear();
        await _node.ConvergeAsync();
        Assert.Equal(["file/motd"], _node.World.Held.Keys.Select(k => k.ToString()));
    }

    [Fact]
    public async Task However_long_the_store_was_away_the_next_try_is_within_the_window()
    {
        _node.Fleet.Publish(Bundle.Of([File("motd", "hello")]));
        await _node.ConvergeAsync();
        _node.Fleet.FailNext = 60;
        var generation = _node.Fleet.Publish(Bundle.Of([File("motd", "news")]));
        await _node.UntilAsync(() => _node.Fleet.FailNext == 0);
        var back = _node.Time.GetUtcNow();
        await _node.ConvergeAsync();
        var committed = _node.Reports.Find(r => r.Generation == generation)!.Time;
        Assert.InRange(committed - back, TimeSpan.Zero, TimeSpan.FromSeconds(6)); // of a time that passes by order
    }

    [Fact]
    public async Task An_older_generation_is_refused_and_reported()
    {
        _node.Fleet.Publish(Bundle.Of([Workload("web", "new")]), generation: 7);
        await _node.ConvergeAsync();
        _node.Fleet.Publish(Bundle.Of([Workload("web", "old")]), generation: 6);
        await _node.UntilAsync(() => _node.Reports.Exists(r => r.Events.Any(e => e.Code == BundleCodes.OlderGeneration.Id)));
        Assert.Equal(7, _node.Last.Generation);
        Assert.Equal(Workload("web", "new"), _node.World.Held[UnitId.Parse("workload/web")]);
    }

    [Fact]
    public async Task One_generation_with_two_bundles_is_reported_as_an_attack()
    {
        _node.Fleet.Publish(Bundle.Of([Workload("web", "one")]), generation: 7);
        await _node.ConvergeAsync();
        _node.Fleet.Publish(Bundle.Of([Workload("web", "two")]), generation: 7);
        await _node.UntilAsync(() => _node.Reports.Exists(r => r.Events.Any(e => e.Code == BundleCodes.Equivocation.Id)));
        Assert.Equal(Workload("web", "one"), _node.World.Held[UnitId.Parse("workload/web")]);
    }

    [Fact]
    public async Task A_bundle_that_stays_unhealthy_is_given_up_and_the_good_one_comes_back_by_itself()
    {
        _node.Fleet.Publish(Bundle.Of([Workload("web")]));
        await _node.ConvergeAsync();
        _node.Fleet.Publish(Bundle.Of([Workload("web", "bad"), Workload("extra")]));
        await _node.UntilAsync(() => _node.Last.Phase == NodePhase.Failed && _node.World.Held.Count == 1);

        Assert.Equal(Workload("web"), _node.World.Held[UnitId.Parse("workload/web")]);
        Assert.Equal(1, _node.Last.Generation);
        Assert.Equal(2, _node.Last.SeenGeneration);
        Assert.Equal("workload/web", Assert.Single(_node.Last.Quarantined).Unit.ToString());
    }

    [Fact]
    public async Task A_newer_bundle_takes_the_place_of_one_that_is_not_committed_without_going_back_in_between()
    {
        var web = UnitId.Parse("workload/web");
        _node.Fleet.Publish(Bundle.Of([Workload("web", "one")]));
        await _node.ConvergeAsync();
        _node.World.Away.Add(web);
        _node.Fleet.Publish(Bundle.Of([Workload("web", "two")]));
        await _node.UntilAsync(() => _node.World.Held[web] == Workload("web", "two"));
        _node.Fleet.Publish(Bundle.Of([Workload("web", "three")]));
        _node.Fleet.FailNextFetches = 3;
        await _node.UntilAsync(() => _node.Last.SeenGeneration == 3);
        Assert.Equal(Workload("web", "two"), _node.World.Held[web]);
        await _node.UntilAsync(() => _node.World.Held[web] == Workload("web", "three"));
        _node.World.Away.Clear();
        await _node.ConvergeAsync();

        Assert.Equal(["make workload/web", "make workload/web", "make workload/web"], _node.World.Log);
    }

    [Fact]
    public async Task A_restart_while_a_newer_bundle_is_being_fetched_forgets_neither()
    {
        var web = UnitId.Parse("workload/web");
        _node.World.Away.Add(web);
        _node.Fleet.Publish(Bundle.Of([Workload("web", "one")]));
        await _node.UntilAsync(() => _node.World.Held.ContainsKey(web));
        _node.Fleet.FailNextFetches = 2;
        _node.Fleet.Publish(Bundle.Of([Workload("web", "two")]));
        await _node.UntilAsync(() => _node.Last.SeenGeneration == 2);
        _node.Restart();
        _node.World.Away.Clear();
        await _node.ConvergeAsync();
        Assert.Equal(Workload("web", "two"), _node.World.Held[web]);
    }

    [Fact]
    public async Task A_given_up_bundle_is_not_tried_again_until_another_one_or_a_person_says_so()
    {
        var bad = Bundle.Of([Workload("web", "bad")]);
        _node.Fleet.Publish(Bundle.Of([Workload("web")]));
        await _node.ConvergeAsync();
        _node.Fleet.Publish(bad);
        await _node.UntilAsync(() => _node.Last.Phase == NodePhase.Failed);
        _node.Fleet.Publish(bad); // the same under a newer number
        await _node.UntilAsync(() => _node.Last.SeenGeneration == 3);
        var before = _node.World.Log.Count;
        await _node.StepAsync(30);
        Assert.DoesNotContain("make workload/web", _node.World.Log.Skip(before + 1));

        var answer = _node.Loop.AskAsync(new PersonRequest.Retry());
        await _node.UntilAsync(() => _node.World.Held[UnitId.Parse("workload/web")] == Workload("web", "bad"));
        Assert.Contains("1 given-up", await answer, StringComparison.Ordinal);
        _node.Fleet.Publish(Bundle.Of([Workload("web", "better")]));
        await _node.ConvergeAsync();
    }

    [Fact]
    public async Task A_signed_word_lifts_a_quarantine_once_and_that_of_its_bundle_only()
    {
        var (bad, worse) = (Bundle.Of([Workload("web", "bad")]), Bundle.Of([Workload("web", "bad"), Workload("db", "bad")]));
        _node.Fleet.Publish(Bundle.Of([Workload("web")]));
        await _node.ConvergeAsync();
        _node.Fleet.Publish(worse);
        await _node.UntilAsync(() => _node.Last.Phase == NodePhase.Failed);
        _node.Fleet.Publish(bad);
        await _node.UntilAsync(() => _node.Last.Quarantined.Count == 2);

        _node.World.Log.Clear();
        var entry = new PublicationEntry(Loop.Fleet.Node, Digest.Of(bad.ToBytes()), bad.ToBytes().Length) { Retry = true };
        var generation = _node.Fleet.Publish(entry);
        await _node.UntilAsync(() => _node.Last.SeenGeneration == generation && _node.Last.Phase == NodePhase.Failed && _node.Last.Quarantined.Count == 2);
        Assert.Contains("make workload/web", _node.World.Log);

        // The very pointer again lifts nothing: no generation is followed twice, also not after a restart.
        _node.Restart();
        _node.World.Log.Clear();
        await _node.StepAsync(30);
        Assert.DoesNotContain("make workload/web", _node.World.Log);
        Assert.Equal(2, _node.Last.Quarantined.Count);
    }

    [Fact]
    public async Task The_environment_is_never_held_against_a_bundle()
    {
        _node.World.Away.Add(UnitId.Parse("workload/plc"));
        _node.Fleet.Publish(Bundle.Of([Workload("plc")]));
        await _node.StepAsync(100);
        Assert.Equal(NodePhase.Waiting, _node.Last.Phase);
        Assert.Empty(_node.Last.Quarantined);
        _node.World.Away.Clear();
        await _node.ConvergeAsync();
    }

    [Fact]
    public async Task What_was_unwell_before_and_is_left_alone_does_not_keep_the_rest_from_being_committed()
    {
        _node.Fleet.Publish(Bundle.Of([Workload("plc"), Workload("web")]));
        await _node.ConvergeAsync();
        _node.World.Away.Add(UnitId.Parse("workload/plc"));
        await _node.UntilAsync(() => _node.Last.Phase == NodePhase.Waiting);
        _node.Fleet.Publish(Bundle.Of([Workload("plc"), Workload("web", "two")]));
        await _node.UntilAsync(() => _node.Last.Generation == 2);
    }

    [Fact]
    public async Task A_failing_unit_keeps_nobody_unrelated_from_being_made()
    {
        _node.World.Broken.Add(UnitId.Parse("workload/a"));
        _node.World.Stalled[UnitId.Parse("workload/b")] = new TaskCompletionSource();
        _node.Fleet.Publish(Bundle.Of([Workload("a"), Workload("b"), Workload("c"), Workload("d", requires: "workload/c")]));
        await _node.UntilAsync(() => _node.World.Held.ContainsKey(UnitId.Parse("workload/d")), drain: false, passes: 100_000);
        Assert.DoesNotContain(UnitId.Parse("workload/a"), _node.World.Held.Keys);
    }

    [Fact]
    public async Task A_unit_waits_for_what_it_requires_and_says_so()
    {
        _node.World.Away.Add(UnitId.Parse("workload/db"));
        _node.Fleet.Publish(Bundle.Of([Workload("db"), Workload("web", requires: "workload/db")]));
        await _node.UntilAsync(() => _node.Reports.Count > 0 && _node.Last.Holds.Any(h => h.Unit.ToString() == "workload/web" && h.What == "workload/db"));
        await _node.StepAsync(10);
        Assert.DoesNotContain(UnitId.Parse("workload/web"), _node.World.Held.Keys);
        _node.World.Away.Clear();
        await _node.ConvergeAsync();
    }

    [Fact]
    public async Task A_bundle_that_policy_forbids_is_refused_whole_before_any_effect()
    {
        var forbidden = new Unit("shadow", new FileSpec { Path = "/etc/shadow", Content = [] });
        _node.Fleet.Publish(Bundle.Of([Workload("web"), forbidden]));
        await _node.UntilAsync(() => _node.Reports.Count > 0 && _node.Last.Phase == NodePhase.Failed);
        Assert.Empty(_node.World.Log);
        Assert.Equal("file/shadow", Assert.Single(_node.Last.Quarantined).Unit.ToString());
    }

    [Fact]
    public async Task A_unit_that_a_person_holds_is_left_alone_until_the_time_is_over()
    {
        _node.Fleet.Publish(Bundle.Of([Workload("web")]));
        await _node.ConvergeAsync();
        var answer = _node.Loop.AskAsync(new PersonRequest.HoldUnit(UnitId.Parse("workload/web"), TimeSpan.FromHours(4), "valve is open", "ada"));
        _node.Fleet.Publish(Bundle.Of([Workload("web", "two")]));
        await _node.UntilAsync(() => _node.Last.Phase == NodePhase.Waiting);
        await _node.StepAsync(50);
        Assert.Equal(Workload("web"), _node.World.Held[UnitId.Parse("workload/web")]);
        Assert.StartsWith("workload/web is left alone", await answer, StringComparison.Ordinal);

        _node.Time.Advance(TimeSpan.FromHours(4));
        await _node.ConvergeAsync();
        Assert.Equal(Workload("web", "two"), _node.World.Held[UnitId.Parse("workload/web")]);
    }

    [Fact]
    public async Task A_file_that_somebody_else_keeps_changing_becomes_stuck()
    {
        _node.Fleet.Publish(Bundle.Of([File("motd", "ours")]));
        await _node.ConvergeAsync();
        for (var i = 0; i < 3; i++)
        {
            _node.World.Change(File("motd", "theirs"));
            await _node.StepAsync(4);
        }

        await _node.UntilAsync(() => _node.Last.Phase == NodePhase.Converged);
        _node.World.Change(File("motd", "theirs"));
        await _node.UntilAsync(() => _node.Last.Units[0].State == UnitPhase.Stuck);
        Assert.Equal(NodePhase.Degraded, _node.Last.Phase);
    }

    [Fact]
    public async Task Nothing_is_written_and_nothing_is_news_while_nothing_changes()
    {
        _node.Fleet.Publish(Bundle.Of([Workload("web"), File("motd", "x")]));
        await _node.ConvergeAsync();
        await _node.StepAsync(5);
        var (writes, news) = (_node.Writes, _node.News);
        await _node.StepAsync(50);
        Assert.Equal((writes, news), (_node.Writes, _node.News));
        Assert.True(_node.Reports.Count > news, "there are signs of life");
    }

    [Fact]
    public async Task Whoever_begins_to_listen_is_told_the_whole_state_although_nothing_is_new()
    {
        _node.Fleet.Publish(Bundle.Of([File("motd", "x")]));
        await _node.ConvergeAsync();
        await _node.StepAsync(5);
        var (news, told) = (_node.News, _node.Reports.Count);
        _node.Loop.TellAgain();
        await _node.UntilAsync(() => _node.Reports.Count > told);
        Assert.Equal((news + 1, NodePhase.Converged), (_node.News, _node.Last.Phase)); // kept until it is heard
    }

    [Fact]
    public async Task Without_a_network_a_restarted_agent_goes_on_with_its_last_good_bundle()
    {
        _node.Fleet.Publish(Bundle.Of([Workload("web")]));
        await _node.ConvergeAsync();
        _node.World.Lose();
        _node.Fleet.FailNext = int.MaxValue;
        _node.Restart();
        await _node.UntilAsync(() => _node.World.Held.Count == 1);
    }

    [Fact]
    public async Task A_committed_bundle_that_cannot_be_read_is_fetched_again()
    {
        _node.Fleet.Publish(Bundle.Of([Workload("web")]));
        await _node.ConvergeAsync();
        _node.Fleet.Damage(_node.Last.Bundle!.Value);
        _node.World.Lose();
        _node.Restart();
        await _node.UntilAsync(() => _node.World.Held.Count == 1);
    }

    [Fact]
    public async Task A_tombstone_that_says_wipe_removes_everything_and_one_that_says_keep_nothing()
    {
        _node.Fleet.Publish(Bundle.Of([Workload("web")]));
        await _node.ConvergeAsync();
        _node.Fleet.Publish(new PublicationEntry(Tests.Loop.Fleet.Node, null, 0) { Decommission = Decommission.Keep });
        await _node.UntilAsync(() => _node.Last.SeenGeneration == 2);
        await _node.StepAsync(5);
        Assert.Single(_node.World.Held);
        _node.Fleet.Publish(new PublicationEntry(Tests.Loop.Fleet.Node, null, 0) { Decommission = Decommission.Wipe });
        await _node.UntilAsync(() => _node.World.Held.Count == 0);
    }
}
