using GitOps.Agent.Loop;
using GitOps.Bundles;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;
using static GitOps.Agent.Tests.Loop.FakeWorld;

namespace GitOps.Agent.Tests.Loop;

/// <summary>What Git, or a person at the machine, says is to be left as it is.</summary>
public sealed class LeftAloneTests : IDisposable
{
    private static readonly UnitId Motd = UnitId.Parse("file/motd");
    private static readonly UnitId Web = UnitId.Parse("workload/web");
    private readonly TestNode _node = new();

    public void Dispose() => _node.Dispose();

    [Fact]
    public async Task A_change_by_somebody_else_is_only_reported_where_drift_says_warn()
    {
        var ours = File("motd", "ours") with { Drift = DriftPolicy.Warn };
        _node.Fleet.Publish(Bundle.Of([ours]));
        await _node.ConvergeAsync();
        _node.World.Change(File("motd", "theirs"));
        await _node.UntilAsync(() => _node.Last.Conditions.Any(c => c is { Type: "Drifted", Status: "True" }));
        await _node.StepAsync(20);
        Assert.Equal(File("motd", "theirs"), _node.World.Held[Motd]);
        Assert.Equal(NodePhase.Converged, _node.Last.Phase);
        Assert.Single(_node.Reports.SelectMany(r => r.Events), e => e.Code == AgentCodes.Drifted.Id);
        Assert.Contains(_node.Last.Holds, h => h.Unit == Motd);

        // A new version is no drift, and neither is what 'drift: correct' says.
        _node.Fleet.Publish(Bundle.Of([File("motd", "ours")]));
        await _node.ConvergeAsync();
        Assert.Equal(File("motd", "ours"), _node.World.Held[Motd]);
        Assert.DoesNotContain(_node.Last.Conditions, c => c.Type == "Drifted");
    }

    [Fact]
    public async Task A_suspended_unit_keeps_what_it_has_and_nothing_waits_for_it()
    {
        _node.Fleet.Publish(Bundle.Of([Workload("web", "one")]));
        await _node.ConvergeAsync();
        _node.Fleet.Publish(Bundle.Of([Workload("web", "two") with { Suspend = "the line runs an order" }, Workload("more")]));
        await _node.ConvergeAsync();
        Assert.Equal(Workload("web", "one"), _node.World.Held[Web]);
        Assert.Contains(_node.Last.Holds, h => h.Unit == Web && h.What.Contains("the line runs an order", StringComparison.Ordinal));

        _node.Fleet.Publish(Bundle.Of([Workload("web", "two"), Workload("more")]));
        await _node.ConvergeAsync();
        Assert.Equal(Workload("web", "two"), _node.World.Held[Web]);
    }

    [Fact]
    public async Task A_person_holds_the_whole_node_and_lets_go_of_it()
    {
        _node.Fleet.Publish(Bundle.Of([Workload("web", "one")]));
        await _node.ConvergeAsync();
        Assert.StartsWith("the whole node is left alone", await AskAsync(new PersonRequest.HoldUnit(null, TimeSpan.FromHours(4), "works here", "ada")), StringComparison.Ordinal);
        _node.Fleet.Publish(Bundle.Of([Workload("web", "two")]));
        await _node.UntilAsync(() => _node.Last is { SeenGeneration: 2, Phase: NodePhase.Waiting });
        await _node.StepAsync(20);
        Assert.Equal(Workload("web", "one"), _node.World.Held[Web]);
        await AskAsync(new PersonRequest.ReleaseUnit(null));
        await _node.ConvergeAsync();
    }

    [Fact]
    public async Task A_person_rolls_back_to_a_kept_generation_for_a_time_and_it_is_reported()
    {
        _node.Fleet.Publish(Bundle.Of([Workload("web", "one")]));
        await _node.ConvergeAsync();
        _node.Fleet.Publish(Bundle.Of([Workload("web", "two"), Workload("more")]));
        await _node.ConvergeAsync();
        Assert.StartsWith("refused: generation 7 is not kept here; kept are [2, 1]", await AskAsync(new PersonRequest.RollBack(7, TimeSpan.FromHours(1), "it smells", "ada")), StringComparison.Ordinal);

        await AskAsync(new PersonRequest.RollBack(1, TimeSpan.FromHours(1), "it smells", "ada"));
        // What is about to be out of date is not told: the report comes after the world.
        await _node.UntilAsync(() => _node.World.Held.Count == 1 && _node.World.Held[Web] == Workload("web", "one") && _node.Last.Phase == NodePhase.Waiting);
        Assert.Contains(_node.Last.Conditions, c => c.Type == "Pinned" && c.Message.Contains("ada pinned generation 1", StringComparison.Ordinal));

        // Restarts and newer generations change nothing about it, until it is over.
        _node.Fleet.Publish(Bundle.Of([Workload("web", "three")]));
        _node.Restart();
        await _node.UntilAsync(() => _node.Last.SeenGeneration == 3);
        await _node.StepAsync(20);
        Assert.Equal(Workload("web", "one"), _node.World.Held[Web]);
        _node.Time.Advance(TimeSpan.FromHours(1));
        await _node.ConvergeAsync();
        Assert.Equal([Workload("web", "three")], _node.World.Held.Values);
        Assert.DoesNotContain(_node.Last.Conditions, c => c.Type == "Pinned");
    }

    [Fact]
    public async Task A_rollback_ends_when_a_person_says_so()
    {
        _node.Fleet.Publish(Bundle.Of([Workload("web", "one")]));
        await _node.ConvergeAsync();
        _node.Fleet.Publish(Bundle.Of([Workload("web", "two")]));
        await _node.ConvergeAsync();
        await AskAsync(new PersonRequest.RollBack(1, TimeSpan.FromDays(1), "it smells", "ada"));
        await _node.UntilAsync(() => _node.World.Held[Web] == Workload("web", "one"));
        await AskAsync(new PersonRequest.Follow());
        await _node.ConvergeAsync();
        Assert.Equal(Workload("web", "two"), _node.World.Held[Web]);
        Assert.Empty(_node.Last.Quarantined);
    }

    private async Task<string> AskAsync(PersonRequest request)
    {
        var answer = _node.Loop.AskAsync(request);
        await _node.StepAsync();
        return await answer;
    }
}
