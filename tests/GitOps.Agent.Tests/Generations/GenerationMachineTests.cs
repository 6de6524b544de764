using System.Collections.Immutable;
using System.Security.Cryptography;
using CsCheck;
using GitOps.Agent.Generations;
using GitOps.Bundles;
using GitOps.Bundles.Publications;

namespace GitOps.Agent.Tests.Generations;

public sealed class GenerationMachineTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private static readonly Problem Bad = new("AGT039", "it is bad", "correct it");
    private static readonly UnitId Web = UnitId.Parse("workload/web");
    private static readonly Release First = new(1, Digest.Of([1]), 10, "r1");
    private static readonly Release Second = new(2, Digest.Of([2]), 10, "r2");

    private static readonly Release Third = new(3, Digest.Of([3]), 10, "r3");

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

    [Fact]
    public void A_newer_release_waits_until_it_is_whole_and_then_takes_the_attempts_place()
    {
        var fetching = Hear(Applying, Third);
        Assert.Equal((Second, Third), (fetching.Target, fetching.ToStage));
        var staged = GenerationMachine.Step(fetching, new GenerationEvent.Staged(Third.Bundle, [])).State;
        Assert.Equal((Third, null, First), (staged.Target, staged.Next, staged.Committed));
    }

    [Fact]
    public void A_newer_release_outlives_the_end_of_the_attempt_it_would_have_replaced()
    {
        var committed = See(Hear(Applying, Third), new UnitVerdict.Ready(), 0);
        Assert.Equal((Second, Third, null), (committed.Committed, committed.Attempt?.Release, committed.Next));
        var given = See(Hear(Applying, Third), new UnitVerdict.Stuck(Bad), 0);
        Assert.Equal((First, Third, null), (given.Target, given.Attempt?.Release, given.Next));
    }

    [Fact]
    public void A_newer_release_that_is_refused_leaves_the_attempt_running()
    {
        var refused = GenerationMachine.Step(Hear(Applying, Third), new GenerationEvent.Refused(Third.Bundle, Bad, Web)).State;
        Assert.Equal((Second, null), (refused.Target, refused.Next));
        Assert.NotNull(refused.FindQuarantine(Third.Bundle));
    }

    [Fact]
    public void The_bundle_that_runs_under_a_newer_number_does_not_begin_anew()
    {
        var running = See(Applying, new UnitVerdict.Working("soon"), 0);
        var renumbered = Hear(See(running, new UnitVerdict.Working("soon"), 50), Second with { Generation = 3 });
        Assert.Equal((3, null), (renumbered.Target!.Generation, renumbered.Next));
        Assert.Equal(TimeSpan.FromSeconds(10), GenerationMachine.Remaining(renumbered, Deadline));
    }

    [Fact]
    public void A_pointer_never_moves_the_units_before_its_release_is_on_this_disk() =>
        Gen.Select(Gen.Int[0, 3], Gen.Int[1, 5]).List[1, 20].Sample(moves =>
        {
            var state = GenerationState.Initial;
            foreach (var (kind, bundle) in moves)
            {
                var before = state.Target?.Bundle;
                var release = new Release(state.SeenGeneration + 1, Digest.Of([(byte)bundle]), 10, "r");
                switch (kind)
                {
                    case 0 or 1:
                        state = Hear(state, release);
                        Assert.Equal(before, state.Target?.Bundle);
                        break;
                    case 2 when state.ToStage is { } next:
                        state = GenerationMachine.Step(state, new GenerationEvent.Staged(next.Bundle, [])).State;
                        Assert.Equal((next, null), (state.Target, state.ToStage));
                        break;
                    case 3 when state.Attempt is { IsStaged: true } attempt:
                        state = See(state, attempt.Release, new UnitVerdict.Ready(), 0);
                        Assert.Equal(attempt.Release, state.Target);
                        break;
                }
            }
        });

    private static GenerationState Hear(GenerationState state, Release release)
    {
        using var signer = new EcdsaSigner(ECDsa.Create(ECCurve.NamedCurves.nistP256));
        var entry = new PublicationEntry("press-1", release.Bundle, release.BundleBytes);
        var pointer = Publication.Sign("fleet-1", release.Generation, release.Revision, [entry], signer)[0];
        var context = new PointerContext("fleet-1", "press-1", [signer.Key], state.SeenGeneration, state.SeenBundle);
        var accepted = Assert.IsType<PointerVerdict.Accepted>(PointerCheck.Check(pointer.ToBytes(), context));
        return GenerationMachine.Step(state, new GenerationEvent.PointerAccepted(accepted)).State;
    }

    private static GenerationState See(GenerationState state, UnitVerdict verdict, int seconds) => See(state, Second, verdict, seconds);

    private static GenerationState See(GenerationState state, Release seen, UnitVerdict verdict, int seconds) => GenerationMachine.Step(
        state,
        new GenerationEvent.Observed(
            new PassVerdict(seen, ImmutableSortedDictionary<UnitId, UnitVerdict>.Empty.Add(Web, verdict)),
            TimeSpan.FromSeconds(seconds), Deadline)).State;
}
