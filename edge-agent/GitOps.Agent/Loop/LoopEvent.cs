using GitOps.Agent.Generations;
using GitOps.Agent.Planning;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Loop;

/// <summary>Something the loop hears about between two passes.</summary>
internal abstract record LoopEvent
{
    private LoopEvent() { } // closed: every case is in this file

    /// <summary>Look again.</summary>
    public sealed record Wake : LoopEvent;

    /// <summary>Whoever hears reports may have begun anew.</summary>
    public sealed record Listened : LoopEvent;

    /// <summary>Something worth telling happened outside the loop.</summary>
    public sealed record Noted(Problem Problem, UnitId? Unit) : LoopEvent;

    /// <summary>Something that the units the node is led to consist of is not on this disk any more.</summary>
    public sealed record ContentMissing : LoopEvent;

    public sealed record Hinted(long Generation) : LoopEvent;

    public sealed record Pulled(PullOutcome Outcome) : LoopEvent;

    public sealed record TrustSeen(TrustLook Look) : LoopEvent;

    /// <summary>Somebody trusted proved what time it is, and the clock says another one.</summary>
    public sealed record TimeProved(DateTimeOffset Moment, Problem Told) : LoopEvent;

    /// <summary>What could not be fetched is worth trying now.</summary>
    public sealed record FetchNow : LoopEvent;

    /// <summary>A person carried a store here; the answer is why it is not followed, or null.</summary>
    public sealed record Brought(CarriedStore Store, TaskCompletionSource<Problem?> Answer) : LoopEvent;

    public sealed record StageEnded(Release Release, StageOutcome Outcome) : LoopEvent;

    public sealed record BranchEnded(Branch Branch, StepOutcome Outcome) : LoopEvent;

    public sealed record Asked(PersonRequest Request, TaskCompletionSource<string> Answer) : LoopEvent;
}

/// <summary>What became of bringing a release onto this disk.</summary>
internal abstract record StageOutcome
{
    private StageOutcome() { } // closed: every case is in this file

    public sealed record Staged(Bundle Bundle) : StageOutcome;

    /// <summary>The bundle names another agent than this one; it is placed, and goes before everything else.</summary>
    public sealed record NewAgent(AgentSpec Agent) : StageOutcome;

    public sealed record Refused(EquatableArray<UnitProblemRow> Problems) : StageOutcome;

    public sealed record Failed(Problem Problem) : StageOutcome;
}

/// <summary>A reason to refuse a bundle; the unit where there is one.</summary>
internal sealed record UnitProblemRow(UnitId? Unit, Problem Problem);

/// <summary>What a person at the machine can ask of the loop.</summary>
public abstract record PersonRequest
{
    private PersonRequest() { } // closed: every case is in this file

    /// <summary>Without a unit: everything on the node.</summary>
    public sealed record HoldUnit(UnitId? Unit, TimeSpan For, string Reason, string By) : PersonRequest;

    public sealed record ReleaseUnit(UnitId? Unit) : PersonRequest;

    /// <summary>Leads the node to an earlier good generation whose bytes are here, for a time.</summary>
    public sealed record RollBack(long Generation, TimeSpan For, string Reason, string By) : PersonRequest;

    /// <summary>Ends that before its time.</summary>
    public sealed record Follow : PersonRequest;

    public sealed record Retry : PersonRequest;
}
