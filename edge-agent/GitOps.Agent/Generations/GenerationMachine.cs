using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using GitOps.Bundles;
using GitOps.Bundles.Publications;

namespace GitOps.Agent.Generations;

/// <summary>A state and what to do about it.</summary>
public sealed record Transition(GenerationState State, ImmutableArray<GenerationDecision> Decisions);

/// <summary>
/// The way of a generation: accepted → staged → applying → committed, or given up. Causes outside the bundle never end an
/// attempt; causes inside it do, and then its digest is remembered.
/// </summary>
public static class GenerationMachine
{
    public static Transition Step(GenerationState state, GenerationEvent what) => what switch
    {
        GenerationEvent.PointerAccepted accepted => Accept(state, accepted.Pointer),
        GenerationEvent.Staged staged when state.ToStage is { } release && release.Bundle == staged.Bundle => Stay(
            state with { Attempt = new Attempt(release) { IsStaged = true, Excused = staged.Excused }, Next = null }),
        GenerationEvent.Refused refused when state.Next is { } next && next.Bundle == refused.Bundle =>
            GiveUp(state with { Next = null }, state.Attempt, next, refused.Problem, refused.Unit),
        GenerationEvent.Refused refused when state.Attempt is { } attempt && attempt.Release.Bundle == refused.Bundle =>
            GiveUp(state, attempt, refused.Problem, refused.Unit),
        GenerationEvent.Observed observed => Observe(state, observed),
        GenerationEvent.Pinned(var pin) => Stay(state with { Pin = pin, Attempt = Paused(state.Attempt) }),
        GenerationEvent.Unpinned => Stay(state with { Pin = null, Attempt = Paused(state.Attempt) }),
        GenerationEvent.RetryRequested retry => Retry(state, retry.Newest),
        GenerationEvent.Staged or GenerationEvent.Refused => Stay(state), // about an attempt that was replaced meanwhile
        _ => throw new UnreachableException($"no such event: {what}"),
    };

    /// <summary>How much of the deadline is left, or null while it does not run.</summary>
    public static TimeSpan? Remaining(GenerationState state, TimeSpan deadline) =>
        state is { Pin: null, Attempt: { IsStaged: true, OpenSince: not null } attempt } ? deadline - attempt.OpenFor : null;

    private static Transition Accept(GenerationState state, PointerVerdict.Accepted accepted)
    {
        var leaf = accepted.Pointer.Leaf;
        var seen = state with { SeenGeneration = leaf.Generation, SeenBundle = leaf.Bundle, LeftFleet = false };
        if (leaf.Decommission is { } how)
        {
            return Leave(seen, how, accepted.Statement.Revision);
        }

        var digest = leaf.Bundle ?? throw new ArgumentException("a pointer names a bundle or is a tombstone", nameof(accepted));
        var release = new Release(leaf.Generation, digest, accepted.Pointer.BundleBytes, accepted.Statement.Revision);
        if (leaf.Retry)
        {
            seen = seen with { Quarantined = seen.Quarantined.Where(q => q.Bundle != digest).ToEquatableArray() };
        }

        return seen.FindQuarantine(digest) is null ? Begin(seen, release) : Stay(seen with { Attempt = null, Next = null });
    }

    private static Transition Begin(GenerationState state, Release release) => state.Attempt switch
    {
        // The same bundle under a newer number: what runs and how long it has been tried stay what they are.
        { } running when running.Release.Bundle == release.Bundle =>
            new Transition(state with { Attempt = running with { Release = release }, Next = null }, [new GenerationDecision.Stage(release)]),
        { IsStaged: true } => new Transition(state with { Next = release }, [new GenerationDecision.Stage(release)]),
        _ => new Transition(state with { Attempt = new Attempt(release), Next = null }, [new GenerationDecision.Stage(release)]),
    };

    private static Transition Leave(GenerationState state, Decommission how, string revision)
    {
        GenerationDecision leave = new GenerationDecision.Leave(how);
        if (how == Decommission.Keep)
        {
            return new Transition(state with { Attempt = null, Next = null, LeftFleet = true }, [leave]);
        }

        // Wiping is the ordinary way to a bundle without units: stopped and removed in order, and reported.
        var bytes = Bundle.Empty.ToBytes();
        var empty = new Release(state.SeenGeneration, Digest.Of(bytes), bytes.Length, revision);
        var begun = Begin(state, empty);
        return begun with { Decisions = [leave, .. begun.Decisions] };
    }

    private static Transition Observe(GenerationState state, GenerationEvent.Observed observed)
    {
        if (state.Pin is not null || state.Attempt is not { IsStaged: true } attempt || attempt.Release != observed.Verdict.Target)
        {
            return Stay(state);
        }

        var judged = observed.Verdict.Units.Where(u => !attempt.Excused.Contains(u.Key)).ToList();
        var stuck = judged.Find(u => u.Value is UnitVerdict.Stuck);
        if (stuck.Value is UnitVerdict.Stuck(var reason))
        {
            return GiveUp(state, attempt, reason, stuck.Key);
        }

        if (judged.TrueForAll(u => u.Value is UnitVerdict.Ready))
        {
            return Commit(state, attempt.Release);
        }

        var failing = judged.Find(u => u.Value is UnitVerdict.Failing);
        if (failing.Value is UnitVerdict.Failing(var failure))
        {
            attempt = attempt with { LastFailure = new UnitFailure(failing.Key, failure) };
        }

        if (judged.Exists(u => u.Value is UnitVerdict.Waiting))
        {
            return Stay(state with { Attempt = attempt with { OpenSince = null } });
        }

        var open = attempt.OpenFor + (attempt.OpenSince is { } since ? observed.Uptime - since : TimeSpan.Zero);
        var running = attempt with { OpenFor = open, OpenSince = observed.Uptime };
        if (open < observed.Deadline)
        {
            return Stay(state with { Attempt = running });
        }

        if (running.LastFailure is { } last && judged.Exists(u => u.Key == last.Unit && u.Value is not UnitVerdict.Ready))
        {
            return GiveUp(state, running, TooLate(new UnitVerdict.Failing(last.Problem), observed.Deadline), last.Unit);
        }

        var slow = judged.Find(u => u.Value is UnitVerdict.Working or UnitVerdict.Failing);
        return GiveUp(state, running, TooLate(slow.Value, observed.Deadline), slow.Key);
    }

    private static Problem TooLate(UnitVerdict verdict, TimeSpan deadline)
    {
        var seconds = deadline.TotalSeconds.ToString("0.#", CultureInfo.InvariantCulture);
        return verdict switch
        {
            UnitVerdict.Failing(var problem) => problem with { What = $"not ready within {seconds} s: {problem.What}" },
            UnitVerdict.Working(var message) => new Problem(AgentCodes.Unhealthy,
                What: $"not ready within {seconds} s: {message}",
                Fix: "see the unit's log on the node; a slow start needs a longer commitDeadlineMs in agent.json"),
            _ => throw new UnreachableException($"the deadline does not run while a unit is {verdict}"),
        };
    }

    private static Transition Commit(GenerationState state, Release release)
    {
        var committed = state with
        {
            Attempt = Promoted(state.Next),
            Next = null,
            Committed = release,
            // The same bundle under a newer number is no news: what could be fallen back to stays what it was.
            Fallback = state.Committed?.Bundle == release.Bundle ? state.Fallback : state.Committed,
        };
        return new Transition(committed, [new GenerationDecision.Commit(release)]);
    }

    private static Transition GiveUp(GenerationState state, Attempt attempt, Problem problem, UnitId? unit) =>
        GiveUp(state with { Next = null }, Promoted(state.Next), attempt.Release, problem, unit);

    private static Attempt? Promoted(Release? next) => next is null ? null : new Attempt(next);

    private static Transition GiveUp(GenerationState state, Attempt? then, Release release, Problem problem, UnitId? unit)
    {
        var quarantine = new Quarantine(release.Bundle, problem, unit);
        var given = state with
        {
            Attempt = then,
            Quarantined = state.Quarantined
                .Where(q => q.Bundle != quarantine.Bundle)
                .Append(quarantine)
                .TakeLast(GenerationState.MaxQuarantined)
                .ToEquatableArray(),
        };
        return new Transition(given, [new GenerationDecision.GiveUp(release, quarantine)]);
    }

    private static Transition Retry(GenerationState state, Release? newest)
    {
        var cleared = state with { Quarantined = [] };
        var isUnderWay = newest == state.Committed || newest == state.Attempt?.Release || newest == state.Next;
        return newest is null || newest.Generation != state.SeenGeneration || isUnderWay
            ? Stay(cleared)
            : Begin(cleared, newest);
    }

    /// <summary>The deadline counts only what the attempt itself takes.</summary>
    private static Attempt? Paused(Attempt? attempt) => attempt is null ? null : attempt with { OpenSince = null };

    private static Transition Stay(GenerationState state) => new(state, []);
}
