using GitOps.Agent.Planning;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Devices.EdgeX;

/// <summary>
/// Keeps core-metadata as the bundle says. Ready when every object is there as desired and carries the mark, and nothing else
/// carries it. What carries no mark is never touched.
/// </summary>
public sealed class EdgeXPlanner : IUnitPlanner<EdgeXState, EdgeXStep>
{
    private const int MostNames = 5;

    public UnitPlan<EdgeXStep> Plan(Unit desired, Unit? owned, EdgeXState observed, PlanContext context)
    {
        var spec = (EdgeXSpec)desired.Spec;
        if (Unseen(spec, observed) is { } unseen)
        {
            return new([], [], unseen);
        }

        var live = observed.Live!;
        if (live.Version.Major < 3)
        {
            return Refuse(EdgeXCodes.TooOld, $"{desired.Id}: EdgeX {live.Version.Text} is not converged, EdgeX 3 and 4 are", "upgrade EdgeX");
        }

        var turn = EdgeXTurn.Plan(observed.Desired!, live, observed, spec.Adopt, wasApplied: owned?.Spec == spec);
        if (turn.Strangers.Count > 0)
        {
            var names = string.Join(", ", turn.Strangers.Take(MostNames));
            var more = turn.Strangers.Count - MostNames is > 0 and var rest ? $" and {rest} more" : "";
            return Refuse(EdgeXCodes.Stranger, $"{desired.Id}: EdgeX has {names}{more} already, and somebody else put it there",
                "write 'adopt: true' in the backend of the DeviceImport or Device, to take it over, or use another name");
        }

        return new([.. turn.Steps], [.. turn.Holds], Status(turn));
    }

    public UnitPlan<EdgeXStep> PlanRemoval(Unit owned, EdgeXState observed, PlanContext context)
    {
        const string Because = "it left the bundle";
        var spec = (EdgeXSpec)owned.Spec;
        var forget = new EdgeXStep.Forget { Because = Because };
        if (spec.DeletionPolicy == DeletionPolicy.Retain)
        {
            return new([forget], [], new UnitStatus.Progressing("it left the bundle; what it put into EdgeX stays"));
        }

        if (observed.Live is not { } live || observed.Away is not null)
        {
            return new([], [new Hold($"EdgeX at {spec.Url}", Until: $"it answers, and what this unit put there can be removed; {observed.Away ?? "it was not read yet"}")],
                new UnitStatus.Progressing(Because));
        }

        return new([.. EdgeXTurn.Removals(live, observed.Mark, keep: [], isLast: true), forget], [], new UnitStatus.Progressing(Because));
    }

    /// <summary>As the devices that the agent speaks with itself claim them.</summary>
    public EquatableArray<string> Claims(Unit unit) => ((EdgeXSpec)unit.Spec).Writes.Select(place => $"device:{place}").ToEquatableArray();

    /// <summary>While it is not known what is desired or what is there, nothing is done.</summary>
    private static UnitStatus? Unseen(EdgeXSpec spec, EdgeXState observed) => observed switch
    {
        { Broken: { } broken } => new UnitStatus.Unhealthy(broken, FailureCause.Environment),
        { Away: { } away } => new UnitStatus.Unhealthy($"EdgeX at {spec.Url} cannot be read: {away}", FailureCause.Environment),
        { Desired: null } or { Live: null } => new UnitStatus.Progressing($"EdgeX at {spec.Url} is being read"),
        _ => null,
    };

    private static UnitStatus Status(EdgeXTurn turn) =>
        turn.Problems.Count > 0
            ? new UnitStatus.Unhealthy(turn.Problems.Count == 1 ? turn.Problems[0] : $"{turn.Problems[0]}; and {turn.Problems.Count - 1} more", FailureCause.Content)
        : turn.Steps.Count > 0 ? new UnitStatus.Progressing(turn.Steps[0].Because)
        : turn.Holds.Count > 0 ? new UnitStatus.Unhealthy($"{turn.Holds[0].What} waits until {turn.Holds[0].Until}", FailureCause.Environment)
        : new UnitStatus.Ready();

    private static UnitPlan<EdgeXStep> Refuse(ErrorCode code, string what, string fix) =>
        new([], [], new UnitStatus.Refused(new Problem(code, what, fix)));
}
