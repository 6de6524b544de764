using GitOps.Bundles;
using GitOps.Bundles.Reports;
using static GitOps.Agent.Tests.Loop.FakeWorld;

namespace GitOps.Agent.Tests.Loop;

/// <summary>The disk is full where the agent keeps what it must not forget.</summary>
public sealed class FullDiskTests : IDisposable
{
    private static readonly UnitId Web = UnitId.Parse("workload/web");
    private readonly TestNode _node = new();

    public void Dispose() => _node.Dispose();

    [Fact]
    public async Task Nothing_new_is_begun_while_the_state_cannot_be_written_and_it_goes_on_by_itself()
    {
        _node.Fleet.Publish(Bundle.Of([Workload("web", "one")]));
        await _node.ConvergeAsync();
        _node.DiskIsFull = true;
        _node.Fleet.Publish(Bundle.Of([Workload("web", "two")]));
        await _node.UntilAsync(() => _node.Last.Conditions.Any(c => c is { Type: "StateKept", Status: "False" }));
        await _node.StepAsync(200); // far beyond the commit deadline
        Assert.Equal(Workload("web", "one"), _node.World.Held[Web]);
        Assert.Empty(_node.Last.Quarantined);
        Assert.Equal((NodePhase.Waiting, 1L), (_node.Last.Phase, _node.Last.SeenGeneration));

        _node.DiskIsFull = false;
        await _node.ConvergeAsync();
        Assert.Equal(Workload("web", "two"), _node.World.Held[Web]);
        Assert.DoesNotContain(_node.Last.Conditions, c => c.Type == "StateKept");
    }

    [Fact]
    public async Task What_runs_is_supervised_on_a_full_disk_and_the_disk_is_not_asked_without_a_pause()
    {
        _node.Fleet.Publish(Bundle.Of([Workload("web", "one")]));
        await _node.ConvergeAsync();
        _node.DiskIsFull = true;
        _node.Fleet.Publish(Bundle.Of([Workload("web", "one"), Workload("more")]));
        await _node.UntilAsync(() => _node.Failures > 0);
        _node.World.Lose();
        await _node.UntilAsync(() => _node.World.Held.ContainsKey(Web));
        Assert.DoesNotContain(UnitId.Parse("workload/more"), _node.World.Held.Keys);

        var (before, start) = (_node.Failures, _node.Time.GetUtcNow());
        await _node.StepAsync(100);
        var minutes = (_node.Time.GetUtcNow() - start).TotalMinutes;
        Assert.InRange(_node.Failures - before, 1, 10 + (int)minutes);
    }

    [Fact]
    public async Task A_commit_that_is_not_on_disk_is_not_told_and_removes_nothing()
    {
        _node.Fleet.Publish(Bundle.Of([Workload("old"), Workload("web", "one")]));
        await _node.ConvergeAsync();
        _node.World.Away.Add(Web);
        _node.Fleet.Publish(Bundle.Of([Workload("web", "two")]));
        await _node.UntilAsync(() => _node.World.Held[Web] == Workload("web", "two"));
        await _node.StepAsync(10);
        _node.DiskIsFull = true;
        _node.World.Away.Clear();
        await _node.StepAsync(50);
        Assert.Contains(UnitId.Parse("workload/old"), _node.World.Held.Keys);
        Assert.All(_node.Reports, r => Assert.True(r.Generation is null or 1));
        Assert.DoesNotContain(_node.Reports.SelectMany(r => r.Events), e => e.Message.StartsWith("generation 2 is committed", StringComparison.Ordinal));

        _node.DiskIsFull = false;
        await _node.ConvergeAsync();
        Assert.Equal([Web], _node.World.Held.Keys);
    }

    [Fact]
    public async Task A_committed_bundle_that_cannot_be_read_moves_nothing_that_runs_also_without_a_network()
    {
        _node.Fleet.Publish(Bundle.Of([Workload("web", "one")]));
        await _node.ConvergeAsync();
        _node.Fleet.Publish(Bundle.Of([Workload("web", "two")]));
        await _node.ConvergeAsync();
        var made = _node.World.Log.Count;
        _node.Fleet.Damage(_node.Last.Bundle!.Value);
        _node.Fleet.FailNext = int.MaxValue;
        _node.Restart();
        await _node.StepAsync(20);
        Assert.Equal(made, _node.World.Log.Count);
        _node.World.Lose();
        await _node.UntilAsync(() => _node.World.Held.Count == 1);
        Assert.Equal(Workload("web", "two"), _node.World.Held[Web]);
        Assert.Equal(2, _node.Last.Generation);
    }
}
