using System.Diagnostics;
using GitOps.Agent.Generations;
using GitOps.Agent.Planning;
using GitOps.Bundles;
using GitOps.Bundles.Reports;

namespace GitOps.Agent.Loop;

/// <summary>Puts a pass into the words of the report (docs/contracts.md §7). Pure but for remembering since when a condition holds.</summary>
internal sealed class ReportBuilder(LoopOptions options)
{
    private const int LongestMessage = 400;
    private readonly Dictionary<string, Condition> _conditions = [];

    public NodeReport Build(AgentView view, long sequence, DateTimeOffset now, EquatableArray<EventReport> events)
    {
        // Told is only what a power cut would not make untrue.
        var generations = view.Kept.Generations;
        var phase = PhaseOf(view);
        return new NodeReport
        {
            Fleet = options.Identity.Fleet,
            Node = options.Identity.Node,
            BootId = options.BootId,
            Sequence = sequence,
            Time = now,
            Agent = view.Agent ?? new AgentVersion(options.Version, Bundle.CurrentFormat),
            Generation = generations.Committed?.Generation,
            Bundle = generations.Committed?.Bundle,
            Revision = generations.Committed?.Revision,
            SeenGeneration = generations.SeenGeneration,
            Phase = phase,
            Conditions = Conditions(view, phase, now).ToEquatableArray(),
            Units = view.Plan.Units.Select(ToReport).ToEquatableArray(),
            Holds = view.Plan.Holds.Select(h => new HoldReport(h.Unit, Clip(h.Hold.What), Clip(h.Hold.Until))).ToEquatableArray(),
            Quarantined = generations.Quarantined
                .Select(q => new QuarantineReport(q.Bundle, Clip($"{q.Problem.Code}: {q.Problem.What}")) { Unit = q.Unit })
                .ToEquatableArray(),
            Events = events,
        };
    }

    public static NodePhase PhaseOf(AgentView view)
    {
        var generations = view.State.Generations;
        var verdicts = view.Plan.Units.Select(u => u.Verdict).ToList();
        if (view.KeepProblem is not null || generations.Pin is not null)
        {
            return NodePhase.Waiting;
        }

        if (generations.Attempt is { } attempt)
        {
            var waits = attempt.IsStaged ? verdicts.Exists(v => v is UnitVerdict.Waiting) : view.StageProblem is not null;
            return waits ? NodePhase.Waiting : NodePhase.Applying;
        }

        if (generations.SeenBundle is { } seen && generations.FindQuarantine(seen) is not null)
        {
            return NodePhase.Failed;
        }

        if (generations.Committed is null)
        {
            return NodePhase.Waiting;
        }

        return verdicts.Exists(v => v is UnitVerdict.Failing or UnitVerdict.Stuck) ? NodePhase.Degraded
            : verdicts.Exists(v => v is UnitVerdict.Waiting) ? NodePhase.Waiting
            : verdicts.Exists(v => v is UnitVerdict.Working) || !view.Plan.Branches.IsEmpty ? NodePhase.Applying
            : !view.Plan.Leaving.IsEmpty ? NodePhase.Waiting
            : NodePhase.Converged;
    }

    /// <summary>The report without what changes by itself all the time: two equal ones hold no news.</summary>
    public static NodeReport Essence(NodeReport report) => report with
    {
        Sequence = 0,
        Time = default,
        Events = [],
        Clock = report.Clock is { } clock ? clock with { Offset = null, ErrorBoundMs = null } : null,
        Volumes = report.Volumes.Select(v => v with { UsedBytes = 0 }).ToEquatableArray(),
        Syncs = report.Syncs.Select(s => s with { Progress = null }).ToEquatableArray(),
        Devices = report.Devices.Select(d => d with
        {
            Properties = d.Properties.Select(p => p with { Reported = null, AgeMs = null }).ToEquatableArray(),
        }).ToEquatableArray(),
    };

    private List<Condition> Conditions(AgentView view, NodePhase phase, DateTimeOffset now)
    {
        List<Condition> conditions =
        [
            Since("Ready", phase is NodePhase.Converged ? "True" : "False", phase.ToString(), Explain(view), now),
        ];
        AddProblem(conditions, "StateKept", view.KeepProblem, now);
        AddProblem(conditions, "Drifted", view.Plan.Drifted is [] ? null : new Problem(AgentCodes.Drifted,
            What: string.Join("; ", view.Plan.Drifted.Select(d => $"{d.Unit}: {d.What}")), Fix: ""), now, "True");
        AddProblem(conditions, "Pinned", view.State.Generations.Pin is not { } pin ? null : new Problem(AgentCodes.Pinned,
            What: $"{pin.By} pinned generation {pin.Release.Generation} until {pin.Term.Until:u}: {pin.Reason}", Fix: ""), now, "True");
        AddProblem(conditions, "Reachable", view.PullProblem, now);
        AddProblem(conditions, "Staged", view.StageProblem, now);
        AddProblem(conditions, "TrustCurrent", view.TrustProblem, now);
        AddProblem(conditions, "IdentityCurrent", view.IdentityProblem, now);
        AddProblem(conditions, "HeadCurrent", view.HeadProblem, now);
        if (view.State.Generations is { LeftFleet: true } or { IsWiping: true })
        {
            conditions.Add(Since("Decommissioned", "True", view.State.Generations.LeftFleet ? "Keep" : "Wipe", Farewell(view.State.Generations), now));
        }
        else
        {
            _conditions.Remove("Decommissioned");
        }

        return conditions;
    }

    private static string Farewell(GenerationState generations) => generations.LeftFleet
        ? "the node has left the fleet; what runs is kept and supervised, and nothing new is applied"
        : "the node has left the fleet; what the agent owns is removed";

    /// <summary>A condition that is there only while it is not as it should be.</summary>
    private void AddProblem(List<Condition> conditions, string type, Problem? problem, DateTimeOffset now, string status = "False")
    {
        if (problem is null)
        {
            _conditions.Remove(type);
        }
        else
        {
            conditions.Add(Since(type, status, problem.Code, Clip(problem.What), now));
        }
    }

    private Condition Since(string type, string status, string reason, string message, DateTimeOffset now)
    {
        var since = _conditions.TryGetValue(type, out var before) && before.Status == status && before.Reason == reason
            ? before.Since
            : now;
        return _conditions[type] = new Condition(type, status, reason, message, since);
    }

    private static string Explain(AgentView view)
    {
        var generations = view.State.Generations;
        var unwell = view.Plan.Units.Where(u => u.Verdict is not UnitVerdict.Ready).Select(u => u.Id).ToList();
        return (generations.Attempt, generations.Committed) switch
        {
            ({ IsStaged: false } attempt, _) => $"generation {attempt.Release.Generation} is being fetched",
            ({ } attempt, _) => $"generation {attempt.Release.Generation} is being applied: {Names(unwell)}",
            (null, null) => "nothing is committed yet",
            (null, { } committed) when unwell.Count > 0 => $"on generation {committed.Generation}, not ready: {Names(unwell)}",
            (null, { } committed) when !view.Plan.Leaving.IsEmpty =>
                $"on generation {committed.Generation}, still to be removed: {Names([.. view.Plan.Leaving])}",
            (null, { } committed) => $"on generation {committed.Generation}",
        };
    }

    private static string Names(List<UnitId> ids) =>
        Clip(ids.Count == 0 ? "everything is ready" : string.Join(", ", ids.Take(5)) + (ids.Count > 5 ? $" and {ids.Count - 5} more" : ""));

    private static UnitReport ToReport(UnitOutlook unit) => unit.Verdict switch
    {
        UnitVerdict.Ready => new UnitReport(unit.Id, UnitPhase.Ready),
        UnitVerdict.Working(var message) => new UnitReport(unit.Id, UnitPhase.Applying) { Message = Clip(message) },
        UnitVerdict.Waiting(var message) => new UnitReport(unit.Id, UnitPhase.Waiting) { Message = Clip(message) },
        UnitVerdict.Failing(var problem) => new UnitReport(unit.Id, UnitPhase.Failed) { Message = Clip(problem.What) },
        UnitVerdict.Stuck(var problem) => new UnitReport(unit.Id, UnitPhase.Stuck) { Message = Clip(problem.What) },
        _ => throw new UnreachableException($"no such verdict: {unit.Verdict}"),
    };

    private static string Clip(string text) => text.Length <= LongestMessage ? text : text[..(LongestMessage - 1)] + "…";
}
