using GitOps.Agent.Planning;
using GitOps.Bundles;

namespace GitOps.Agent.Loop;

/// <summary>Tells each change by somebody else that is only reported once, until it is undone.</summary>
internal sealed class DriftWatch(Reporter reporter)
{
    private readonly HashSet<UnitId> _told = [];

    public void Note(PassPlan plan)
    {
        foreach (var (unit, what) in plan.Drifted.Where(d => _told.Add(d.Unit)))
        {
            reporter.Note(AgentCodes.Drifted, $"{unit} was changed by somebody else: {what}", unit);
        }

        _told.IntersectWith(plan.Drifted.Select(d => d.Unit));
    }
}
