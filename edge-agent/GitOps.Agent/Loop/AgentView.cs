using GitOps.Agent.Generations;
using GitOps.Agent.Planning;
using GitOps.Bundles;
using GitOps.Bundles.Reports;

namespace GitOps.Agent.Loop;

/// <summary>What the last pass saw and decided, for people at the machine and for the report.</summary>
public sealed record AgentView(DurableState State, PassPlan Plan, NodeReport? Report)
{
    /// <summary>The state as it is on disk.</summary>
    public DurableState Kept { get; init; } = State;

    public static AgentView Empty { get; } = new(DurableState.Initial, new PassPlan([], [], [], []), null);

    /// <summary>The units the node is led to; null while it has nothing to be led to.</summary>
    public Bundle? Target { get; init; }

    /// <summary>Units whose last steps failed.</summary>
    public IReadOnlyDictionary<UnitId, Trouble> Troubles { get; init; } = new Dictionary<UnitId, Trouble>();

    /// <summary>Why the newest pointer was not accepted or not reached.</summary>
    public Problem? PullProblem { get; init; }

    /// <summary>Why what the agent must not forget is not on disk.</summary>
    public Problem? KeepProblem { get; init; }

    /// <summary>Why the fleet's next root of trust is not followed.</summary>
    public Problem? TrustProblem { get; init; }

    /// <summary>What is the matter with the node's certificate.</summary>
    public Problem? IdentityProblem { get; init; }

    /// <summary>Why what the store says may be old.</summary>
    public Problem? HeadProblem { get; init; }

    /// <summary>The agent that runs, and the one that is asked for.</summary>
    public AgentVersion? Agent { get; init; }

    /// <summary>Why the release on its way is not on this disk yet.</summary>
    public Problem? StageProblem { get; init; }
}
