using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Self;

/// <summary>The executables of this agent on the node. The world misbehaving is an answer, never a throw.</summary>
public interface IAgentSlots
{
    /// <summary>Of the executable that runs.</summary>
    Digest Running { get; }

    /// <summary>Not null while the agent that runs has not proved itself.</summary>
    SlotTrial? Trial { get; }

    AgentFailure? Failure { get; }

    /// <summary>
    /// Brings an executable whose blob is on this disk into the free slot and asks it whether it could run here. What runs is
    /// not touched.
    /// </summary>
    Task<SlotOutcome> PlaceAsync(AgentSpec wanted, CancellationToken cancellationToken);

    /// <summary>From the next start on, the agent that was placed runs, on trial.</summary>
    Problem? Try(AgentSpec placed, TimeSpan limit, bool mustReach);

    /// <summary>The agent that runs has proved itself.</summary>
    Problem? Confirm();

    /// <summary>The agent that runs has not; the one before runs from the next start on.</summary>
    Problem? GoBack(Problem why, bool isUnreached);

    /// <summary>What failed before may be tried again.</summary>
    Problem? Forgive();
}

/// <summary>What became of placing an executable.</summary>
public abstract record SlotOutcome
{
    private SlotOutcome() { } // closed: every case is in this file

    public sealed record Placed : SlotOutcome;

    /// <summary>An environment cause.</summary>
    public sealed record Failed(Problem Problem) : SlotOutcome;

    /// <summary>It cannot run on this machine, or is not what the bundle says.</summary>
    public sealed record Refused(Problem Problem) : SlotOutcome;
}
