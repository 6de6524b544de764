using System.Diagnostics;
using GitOps.Agent.Generations;
using GitOps.Agent.Loop;
using GitOps.Agent.Planning;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Explaining;

/// <summary>
/// Answers <c>gitops-agent why</c> from what the last pass saw. Pure. What a value comes from in Git is known to the control
/// plane only; the answer names the generation and the question to ask there.
/// </summary>
public static class Why
{
    private const int DeepestGate = 8;

    /// <summary>Why the node is as it is.</summary>
    public static Reason Node(AgentView view, string node)
    {
        var phase = ReportBuilder.PhaseOf(view).ToString().ToLowerInvariant();
        List<Reason> because = [.. Generation(view.State.Generations)];
        because.AddRange(new[] { view.PullProblem, view.StageProblem, view.TrustProblem, view.HeadProblem }.OfType<Problem>().Select(Of));
        because.AddRange(view.Plan.Units.Where(u => u.Verdict is not UnitVerdict.Ready).Select(u => Unit(view, u.Id, DeepestGate)));
        because.AddRange(view.Plan.Leaving.Select(id => Unit(view, id, DeepestGate)));
        because.AddRange(view.State.Generations.Quarantined.Select(Of));
        return new Reason($"{node} is {phase}") { Because = because.ToEquatableArray() };
    }

    /// <summary>Why a unit is as it is; null when the node has none of this name.</summary>
    public static Reason? Unit(AgentView view, UnitId id)
    {
        var (desired, owned) = Versions(view, id);
        if (desired is null && owned is null)
        {
            return null;
        }

        var reason = Unit(view, id, DeepestGate);
        return reason with { Because = [.. reason.Because, Origin(view, desired)] };
    }

    /// <summary>What a field of a unit is and why; null when the node has no such unit.</summary>
    /// <param name="field">Names joined by dots, as <c>process.command</c>; an item of a list by its name or position.</param>
    public static Reason? Field(AgentView view, UnitId id, string field)
    {
        var (desired, owned) = Versions(view, id);
        return (desired, owned) switch
        {
            (null, null) => null,
            (null, { } left) => new Reason($"{id}.{field} was {Shown(left, field)}") { Because = [Origin(view, null)] },
            ({ } wanted, { } made) when Shown(made, field) != Shown(wanted, field) =>
                new Reason($"{id}.{field} is to be {Shown(wanted, field)}")
                {
                    Because = [new Reason($"on the node it was last made as {Shown(made, field)}"), Unit(view, id, DeepestGate), Origin(view, wanted)],
                },
            ({ } wanted, var made) => new Reason($"{id}.{field} is {Shown(wanted, field)}")
            {
                Because = [new Reason(made is null ? "it was not made on this node yet" : "so it was last made on this node"), Origin(view, wanted)],
            },
        };
    }

    private static string Shown(Unit unit, string field) => UnitField.Find(unit, field) switch
    {
        UnitField.Reading.Found(var json) => json,
        UnitField.Reading.Absent(var above, var known) => known.IsEmpty ? $"absent: {above} has no members" : $"absent: {above} has {known}",
        var reading => throw new UnreachableException($"no such reading: {reading}"),
    };

    private static (Unit? Desired, Unit? Owned) Versions(AgentView view, UnitId id) =>
        (PassPlanner.Find(view.Target, id), view.State.FindOwned(id)?.Current);

    private static Reason Unit(AgentView view, UnitId id, int depth)
    {
        var outlook = view.Plan.Units.FirstOrDefault(u => u.Id == id);
        List<Reason> because = [];
        because.AddRange(view.State.Holds.Where(h => h.Covers(id)).Select(h => new Reason($"{h.By} holds it until {h.Until:u}: {h.Reason}")));
        if (view.Troubles.TryGetValue(id, out var trouble))
        {
            because.Add(Of(trouble));
        }

        because.AddRange(view.Plan.Holds.Where(h => h.Unit == id).Select(h => new Reason($"it waits for {h.Hold.What}, until {h.Hold.Until}")));
        if (PassPlanner.Find(view.Target, id) is { } unit && depth > 0)
        {
            because.AddRange(unit.Requires
                .Where(r => view.Plan.Units.Any(u => u.Id == r && u.Verdict is not UnitVerdict.Ready))
                .Select(r => Unit(view, r, depth - 1)));
        }

        foreach (var branch in view.Plan.Branches.Concat(view.Plan.Later.Select(l => l.Branch)).Where(b => b.Key.Id == id))
        {
            because.AddRange(branch.Steps.Select(s => new Reason($"next: {s.Step.Describe()}, because {s.Step.Because}")));
        }

        because.AddRange(view.Plan.Later.Where(l => l.Branch.Key.Id == id).SelectMany(l => l.After)
            .Select(e => new Reason($"after {e.Before} ({e.Because})")));
        return new Reason(Says(view, id, outlook)) { Because = because.Distinct().ToEquatableArray() };
    }

    private static string Says(AgentView view, UnitId id, UnitOutlook? outlook) => outlook?.Verdict switch
    {
        UnitVerdict.Ready => $"{id} is ready: as desired, and well",
        UnitVerdict.Working(var message) => $"{id} is being brought there: {message}",
        UnitVerdict.Waiting(var message) => $"{id} waits: {message}",
        UnitVerdict.Failing(var problem) => $"{id} fails: {problem.Code}: {problem.What}",
        UnitVerdict.Stuck(var problem) => $"{id} is stuck: {problem.Code}: {problem.What}; {problem.Fix}",
        null when view.Plan.Leaving.Contains(id) => $"{id} left the bundle, and is still to be removed",
        null => $"{id} is not part of what the node is led to; it was made by this agent and goes once a generation without it is committed",
        _ => throw new UnreachableException($"no such verdict: {outlook.Verdict}"),
    };

    private static Reason Of(Trouble trouble) => trouble.Outcome switch
    {
        StepOutcome.Stuck(var problem) => Of(problem),
        StepOutcome.Retry(var problem, _) => new Reason(
            $"tried {trouble.Failures} time(s), and again by itself: {problem.Code}: {problem.What}; {problem.Fix}"),
        _ => throw new UnreachableException($"no trouble: {trouble.Outcome}"),
    };

    private static Reason Of(Problem problem) => new($"{problem.Code}: {problem.What}; {problem.Fix}");

    private static Reason Of(Quarantine given) => new(
        $"bundle {given.Bundle.Hex[..12]} is given up{(given.Unit is { } unit ? $" because of {unit}" : "")}, until there is another one or 'gitops-agent retry'")
    {
        Because = [Of(given.Problem)],
    };

    private static IEnumerable<Reason> Generation(GenerationState state)
    {
        if (state is { LeftFleet: true } or { IsWiping: true })
        {
            yield return new Reason(state.LeftFleet ? "it has left its fleet and keeps what it has" : "it has left its fleet and removes what it owns");
        }

        if (state.Committed is { } committed)
        {
            yield return new Reason($"generation {committed.Generation} ({committed.Revision}) is committed");
        }

        if (state.Attempt is { } attempt)
        {
            yield return new Reason(
                $"generation {attempt.Release.Generation} ({attempt.Release.Revision}) is {(attempt.IsStaged ? "being applied" : "being fetched")}");
        }
    }

    private static Reason Origin(AgentView view, Unit? desired)
    {
        if (desired is null)
        {
            return new Reason("the bundle the node is led to does not have it");
        }

        var release = view.State.Generations.Target;
        return new Reason(release is null
            ? "it is left of a bundle that was given up"
            : $"generation {release.Generation} asks for it, of revision {release.Revision}; 'gitops why NODE/{desired.Id}' names file and line");
    }
}
