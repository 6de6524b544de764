using GitOps.Agent.Host.Faults;
using GitOps.Agent.Self;
using GitOps.Bundles;
using GitOps.Platform.Files;
using GitOps.Platform.Processes;

namespace GitOps.Agent.Host.Self;

/// <summary>
/// What the installed executable does before anything else: where Git named another agent, that one is put in its place. It
/// knows the record of the slots and nothing of bundles, configuration or state, so that an old one can start any newer one.
/// </summary>
internal static class Chooser
{
    /// <summary>Returns when the program that asked is the one to run; with what went wrong, if something did.</summary>
    public static Problem? Choose(IFileLayer layer, string stateDirectory, OwnProgram program)
    {
        var files = new SlotFiles(layer, stateDirectory);
        if (program.IsChosen || !program.IsOneFile || !files.IsThere)
        {
            return null;
        }

        try
        {
            // Another agent on this directory would be counted as a start of the new one.
            using var alone = CommandLock.TryTake($"{stateDirectory}/agent.lock", out _);
            return alone is null ? null : Choose(files, program);
        }
        catch (FileLayerException e)
        {
            return Why(e.Message);
        }
    }

    private static Problem? Choose(SlotFiles files, OwnProgram program)
    {
        var before = files.Read();
        var (next, run) = SlotMachine.Choose(before, program.Version);
        if (next != before && !TryWrite(files, next))
        {
            run = before.Good; // a start that cannot be counted is not made: it might be one without end
            next = before;
        }

        if (run is not null && !files.IsWhole(run))
        {
            var damaged = Why($"{files.PathOf(run.Number)} is not the agent {run.Version} any more");
            if (next.Trial?.Slot != run)
            {
                return damaged;
            }

            TryWrite(files, next with { Trial = null }); // it is placed anew by the agent that runs now
            run = next.Good;
            if (run is null || !files.IsWhole(run))
            {
                return damaged;
            }
        }

        if (run is null)
        {
            return null;
        }

        var isTrial = next.Trial?.Slot == run;
        if (isTrial)
        {
            ProcessImage.EndAfter(next.Trial!.Limit * 2); // one that hangs cannot say that its own limit is over: the kernel ends it
            Failpoints.Reach(Failpoint.SlotChosen);
        }

        var failure = program.Become(files.PathOf(run.Number));
        ProcessImage.EndAfter(TimeSpan.Zero);
        if (isTrial)
        {
            TryWrite(files, SlotMachine.GoBack(next, new Problem(AgentCodes.AgentGivenUp,
                What: $"the agent {run.Version} cannot be run: {failure.Message}", Fix: "name an executable for this machine in Git")));
            if (next.Good is { } good && files.IsWhole(good))
            {
                failure = program.Become(files.PathOf(good.Number));
            }
        }

        return Why(failure.Message);
    }

    private static bool TryWrite(SlotFiles files, SlotState state)
    {
        try
        {
            files.Write(state);
            return true;
        }
        catch (FileLayerException)
        {
            return false;
        }
    }

    private static Problem Why(string what) => new(AgentCodes.AgentWaits,
        What: $"the installed agent runs instead of the one that Git named: {what}", Fix: "check the disk of the state directory; the agent is brought here again");
}
