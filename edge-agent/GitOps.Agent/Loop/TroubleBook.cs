using GitOps.Agent.Planning;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Loop;

/// <summary>Remembers, until the next restart, which units' steps failed and when they may be tried again.</summary>
internal sealed class TroubleBook(LoopOptions options)
{
    private readonly Dictionary<UnitId, Trouble> _troubles = [];
    private readonly FightWatch _fights = new();

    public IReadOnlyDictionary<UnitId, Trouble> All => _troubles;

    /// <param name="isRepair">The unit was as desired before: something else changed it.</param>
    public void Book(Branch branch, StepOutcome outcome, bool isRepair, TimeSpan uptime)
    {
        var id = branch.Key.Id;
        if (outcome is not StepOutcome.Done)
        {
            var failures = _troubles.TryGetValue(id, out var before) && before.Unit == branch.Unit ? before.Failures + 1 : 1;
            _troubles[id] = new Trouble(branch.Unit, outcome, failures, uptime + options.RetryAfter(failures));
            return;
        }

        _troubles.Remove(id);
        // Other kinds change by themselves all the time (a process ends, a register moves, a volume fills up).
        if (isRepair && branch is { Unit.Spec: FileSpec, Steps.IsEmpty: false } && _fights.IsFight(id, uptime))
        {
            var fight = new StepOutcome.Stuck(new Problem(AgentCodes.Fight,
                What: $"{id} was put right {FightWatch.Reversions} times within {FightWatch.Window.TotalMinutes} minutes: {branch.Steps[0].Step.Because}",
                Fix: "find out who else writes it; 'gitops-agent retry' resumes"));
            _troubles[id] = new Trouble(branch.Unit, fight, 1, TimeSpan.MaxValue);
        }
    }

    /// <summary>Forgets what was about another version of a unit.</summary>
    public void Keep(Bundle? target, IEnumerable<UnitId> owned)
    {
        var current = (target?.Units ?? []).ToDictionary(u => u.Id);
        var known = owned.ToHashSet();
        foreach (var (id, trouble) in _troubles.ToList())
        {
            var isCurrent = current.TryGetValue(id, out var unit) ? unit == trouble.Unit : known.Contains(id);
            if (!isCurrent)
            {
                _troubles.Remove(id);
                _fights.Forget(id);
            }
        }
    }

    public void Clear()
    {
        _troubles.Clear();
        _fights.Clear();
    }

    /// <summary>When the next unit may be tried again.</summary>
    public TimeSpan? NextRetry(TimeSpan uptime)
    {
        var waiting = _troubles.Values.Where(t => t.Outcome is StepOutcome.Retry && t.RetryAt > uptime).Select(t => t.RetryAt - uptime);
        return waiting.Cast<TimeSpan?>().Min();
    }
}
