using GitOps.Bundles;

namespace GitOps.Agent.Self;

/// <summary>One of the two places beside the installed executable where an agent that Git named lies.</summary>
public sealed record Slot(int Number, string Version, Digest Executable);

/// <summary>A slot whose agent has not proved itself yet.</summary>
/// <param name="Starts">How often it was started.</param>
/// <param name="Limit">How long it has to prove itself after a start.</param>
/// <param name="MustReach">The agent before reached the control plane, so this one has to, too.</param>
public sealed record SlotTrial(Slot Slot, int Starts, TimeSpan Limit, bool MustReach);

/// <summary>An executable that did not prove itself.</summary>
/// <param name="IsUnreached">The only thing wrong: it did not reach the control plane. That may have been the network.</param>
public sealed record AgentFailure(string Version, Digest Executable, Problem Why, bool IsUnreached);

/// <summary>Which agent runs on the node. Must not be forgotten; written whole.</summary>
public sealed record SlotState
{
    public static SlotState Initial { get; } = new();

    /// <summary>The slot that proved itself last; null: the installed executable.</summary>
    public Slot? Good { get; init; }

    public SlotTrial? Trial { get; init; }

    /// <summary>Not tried again until a person says retry, or another one proves itself.</summary>
    public AgentFailure? Failure { get; init; }

    /// <summary>The version of the installed executable when <see cref="Good"/> was chosen.</summary>
    public string? Installed { get; init; }
}
