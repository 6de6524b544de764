using GitOps.Agent.Explaining;
using GitOps.Agent.History;
using GitOps.Agent.Loop;
using GitOps.Agent.Tests.Loop;
using GitOps.Bundles;
using GitOps.Bundles.Reports;
using GitOps.TestKit;
using static GitOps.Agent.Tests.Loop.FakeWorld;

namespace GitOps.Agent.Tests.Explaining;

public sealed class WhyTests : IDisposable
{
    private static readonly UnitId Web = UnitId.Parse("workload/web");
    private readonly TestNode _node = new();

    public void Dispose() => _node.Dispose();

    [Fact]
    public async Task A_unit_that_waits_is_explained_down_to_what_it_waits_for()
    {
        _node.World.Away.Add(UnitId.Parse("workload/db"));
        _node.Fleet.Publish(Bundle.Of([Workload("db"), Workload("web", requires: ["workload/db"])]));
        await _node.UntilAsync(() => _node.Plan is { Units.Length: 2, Branches.IsEmpty: true } && _node.Last.Phase == NodePhase.Waiting);

        Golden.Verify("why/unit-that-waits.txt", Why.Unit(_node.Loop.View, Web)!.ToText());
        Golden.Verify("why/node-that-waits.txt", Why.Node(_node.Loop.View, "press-1").ToText());
    }

    [Fact]
    public async Task A_bundle_that_was_given_up_names_the_unit_and_what_helps()
    {
        _node.Fleet.Publish(Bundle.Of([Workload("web")]));
        await _node.ConvergeAsync();
        _node.Fleet.Publish(Bundle.Of([Workload("web", "bad")]));
        await _node.UntilAsync(() => _node.Last.Phase == NodePhase.Failed);

        Golden.Verify("why/node-that-went-back.txt", Why.Node(_node.Loop.View, "press-1").ToText());
    }

    [Fact]
    public async Task A_field_is_shown_with_what_it_is_on_the_node_and_who_asks_for_it()
    {
        _node.Fleet.Publish(Bundle.Of([Workload("web", "first", ports: [80])]));
        await _node.ConvergeAsync();
        Golden.Verify("why/field.txt", Why.Field(_node.Loop.View, Web, "process.command")!.ToText());

        _node.World.Broken.Add(Web);
        _node.Fleet.Publish(Bundle.Of([Workload("web", "second", ports: [80])]));
        await _node.UntilAsync(() => _node.Loop.View.Troubles.ContainsKey(Web));
        Golden.Verify("why/field-that-differs.txt", Why.Field(_node.Loop.View, Web, "process.command.0")!.ToText());
        Golden.Verify("why/field-that-is-not-there.txt", Why.Field(_node.Loop.View, Web, "process.comand")!.ToText());
    }

    [Fact]
    public async Task A_hold_names_the_person()
    {
        _node.Fleet.Publish(Bundle.Of([Workload("web")]));
        await _node.ConvergeAsync();
        var answer = _node.Loop.AskAsync(new PersonRequest.HoldUnit(Web, TimeSpan.FromHours(4), "valve is open", "anna"));
        await _node.StepAsync(2);
        await answer;
        Assert.Contains("anna holds it until 2026-11-24", Why.Unit(_node.Loop.View, Web)!.ToText(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_unit_nobody_knows_has_no_answer()
    {
        Assert.Null(Why.Unit(AgentView.Empty, Web));
        Assert.Null(Why.Field(AgentView.Empty, Web, "requires"));
    }

    [Fact]
    public async Task What_happened_to_generations_is_noted_in_order()
    {
        _node.Fleet.Publish(Bundle.Of([Workload("web")]));
        await _node.ConvergeAsync();
        _node.Fleet.Publish(Bundle.Of([Workload("web", "bad")]));
        await _node.UntilAsync(() => _node.Last.Phase == NodePhase.Failed);
        var answer = _node.Loop.AskAsync(new PersonRequest.Retry());
        await _node.StepAsync(2);
        await answer;

        Assert.Equal(
            [(HistoryKind.Committed, 1L, null), (HistoryKind.GivenUp, 2, 1), (HistoryKind.Retried, 2, (long?)null)],
            _node.History.Select(e => (e.Kind, e.Generation, e.ReturnedTo)));
        Assert.StartsWith("workload/web: AGT039: not ready within 60 s", _node.History[1].Because, StringComparison.Ordinal);
    }
}
