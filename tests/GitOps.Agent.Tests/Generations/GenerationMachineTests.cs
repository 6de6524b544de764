using System.Collections.Immutable;
using GitOps.Agent.Generations;
using GitOps.Bundles;

namespace GitOps.Agent.Tests.Generations;

public sealed class GenerationMachineTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private static readonly Problem Bad = new("AGT039", "it is bad", "correct it");
    private static readonly UnitId Web = UnitId.Parse("workload/web");
    private static readonly Release First = new(1, Digest.Of([1]), 10, "r1");
    private static readonly Release Second = new(2, Digest.Of([2]), 10, "r2");

    private static readonly GenerationState Applying = new()
    {
        SeenGeneration = 2,
        SeenBundle = Second.Bundle,
        Committed = First,
        Attempt = new Attempt(Second) { IsStaged = true },
    };

    [Fact]
    public void The_deadline_runs_only_while_nothing_outside_is_in_the_way()
    {
        var state = See(Applying, new UnitVerdict.Failing(Bad), 0);
        state = See(state, new UnitVerdict.Failing(Bad), 50);
        state = See(state, new UnitVerdict.Waiting("a cable is out"), 59);
        Assert.Null(GenerationMachine.Remaining(state, Deadline));
        state = See(state, new UnitVerdict.Failing(Bad), 5_000);
        Assert.NotNull(state.Attempt);
        Assert.Equal(TimeSpan.FromSeconds(10), GenerationMachine.Remaining(state, Deadline));
        state = See(state, new UnitVerdict.Failing(Bad), 5_010);
        Assert.Null(state.Attempt);
        Assert.Equal(First, state.Target);
        Assert.Equal(Web, state.FindQuarantine(Second.Bundle)!.Unit);
    }

    [Fact]
    public void A_unit_that_keeps_ending_is_given_up_for_how_it_ended_also_when_it_has_just_been_started_again()
    {
        var state = See(See(Applying, new UnitVerdict.Failing(Bad), 0), new UnitVerdict.Working("it has just started"), 60);
        Assert.Equal("not ready within 60 s: it is bad", state.FindQuarantine(Second.Bundle)!.Problem.What);
    }

    [Fact]
    public void What_cannot_become_right_by_waiting_ends_the_attempt_at_once() =>
        Assert.Equal(First, See(Applying, new UnitVerdict.Stuck(Bad), 0).Target);

    [Fact]
    public void Ready_units_commit_and_the_one_before_is_kept_to_fall_back_to()
    {
        var state = See(Applying, new UnitVerdict.Ready(), 0);
        Assert.Equal((Second, First, null), (state.Committed, state.Fallback, state.Attempt));
    }

    [Fact]
    public void A_verdict_about_another_release_changes_nothing()
    {
        var verdict = new PassVerdict(First, ImmutableSortedDictionary<UnitId, UnitVerdict>.Empty.Add(Web, new UnitVerdict.Stuck(Bad)));
        Assert.Equal(Applying, GenerationMachine.Step(Applying, new GenerationEvent.Observed(verdict, TimeSpan.Zero, Deadline)).State);
    }

    [Fact]
    public void A_release_is_no_target_before_all_of_it_is_on_this_disk() =>
        Assert.Equal(First, (Applying with { Attempt = new Attempt(Second) }).Target);

    private static GenerationState See(GenerationState state, UnitVerdict verdict, int seconds) => GenerationMachine.Step(
        state,
        new GenerationEvent.Observed(
            new PassVerdict(Second, ImmutableSortedDictionary<UnitId, UnitVerdict>.Empty.Add(Web, verdict)),
            TimeSpan.FromSeconds(seconds), Deadline)).State;
}
