using GitOps.Bundles;

namespace GitOps.Agent.Self;

/// <summary>
/// Decides which executable runs, as a boot loader does: a new one is on trial until it says that it is well; one that does
/// not say so is left after some starts, whatever became of it. Pure.
/// </summary>
public static class SlotMachine
{
    /// <summary>So many starts may a new agent take to prove itself: a power cut in one of them is no fault of it.</summary>
    public const int MaxStarts = 3;

    /// <summary>At a start of the installed executable: what to remember before anything runs, and what runs.</summary>
    /// <param name="installed">Its version.</param>
    /// <returns>Run is null for the installed executable itself.</returns>
    public static (SlotState Next, Slot? Run) Choose(SlotState state, string installed)
    {
        if (state.Trial is { Starts: < MaxStarts } trial)
        {
            return (state with { Trial = trial with { Starts = trial.Starts + 1 } }, trial.Slot);
        }

        var next = state.Trial is { Slot: var slot } ? GoBack(state, new Problem(AgentCodes.AgentGivenUp,
            What: $"the agent {slot.Version} did not prove itself in {MaxStarts} starts: it ended, hung, or the power went each time",
            Fix: "see the agent's log on the node of that time; then another version in Git, or 'gitops-agent retry'")) : state;
        return (next, IsUpgrade(next, installed) ? null : next.Good);
    }

    /// <summary>The other slot than the good one, for what comes next.</summary>
    public static int FreeSlot(SlotState state) => state.Good is { Number: 0 } ? 1 : 0;

    public static SlotState Begin(SlotState state, Slot slot, TimeSpan limit, bool mustReach) =>
        state with { Trial = new SlotTrial(slot, 0, limit, mustReach), Failure = null };

    public static SlotState Confirm(SlotState state, string installed) => state.Trial is { } trial
        ? new SlotState { Good = trial.Slot, Installed = installed }
        : state;

    public static SlotState GoBack(SlotState state, Problem why, bool isUnreached = false) => state.Trial is { Slot: var slot }
        ? state with { Trial = null, Failure = new AgentFailure(slot.Version, slot.Executable, why, isUnreached) }
        : state;

    /// <summary>A person put a newer one in place of the installed one since the slot was chosen: that is meant to run.</summary>
    private static bool IsUpgrade(SlotState state, string installed) =>
        state.Good is { } good && installed != state.Installed &&
        Version.TryParse(installed, out var now) && Version.TryParse(good.Version, out var before) && now > before;
}
