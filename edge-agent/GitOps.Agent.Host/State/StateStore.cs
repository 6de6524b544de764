using GitOps.Agent.Generations;
using GitOps.Agent.Host.Faults;
using GitOps.Agent.Loop;
using GitOps.Bundles;
using GitOps.Platform.Files;

namespace GitOps.Agent.Host.State;

/// <summary>The durable state in two slots: a damaged one costs the last change, never everything.</summary>
internal sealed class StateStore(IFileLayer layer, string directory) : IStateKeeper
{
    private const int LimitBytes = 64 << 20;
    private static readonly string[] Traces = ["files", "runs", "units"];
    private readonly SlotStore _slots = new(layer, directory, "state", LimitBytes);

    /// <summary>
    /// Reads as the agent does at its start: where one copy is damaged or gone, there are two whole ones afterwards, so that the
    /// next damage finds two again. For the one agent that holds the directory's lock.
    /// </summary>
    public (DurableState? State, Problem? Problem) Open()
    {
        var (state, problem) = Read();
        if (state is not null && problem is not null)
        {
            Write(state); // what comes of it is seen at the next write
        }

        return (state, problem);
    }

    /// <summary>Reads the newest state that can be read, and changes nothing.</summary>
    /// <returns>The state, and what had to be fallen back from; or no state, where guessing would lose what the node owns.</returns>
    public (DurableState? State, Problem? Problem) Read()
    {
        var read = _slots.Read();
        var why = read switch
        {
            SlotRead.Empty when !HasTraces() => null,
            SlotRead.Empty => "state.0 and state.1 are gone, and what the agent made is still there",
            SlotRead.Value => "the newest state is not of a format this release reads",
            SlotRead.FellBack(_, _, var because) => because,
            SlotRead.Lost(var because) => because,
            _ => throw new System.Diagnostics.UnreachableException($"no such reading: {read}"),
        };
        if (why is null)
        {
            return (DurableState.Initial, null);
        }

        foreach (var slot in _slots.ReadAll())
        {
            if (StateJson.TryRead(slot.Content.Span) is { } state)
            {
                var isNewest = read is SlotRead.Value newest && newest.Sequence == slot.Sequence;
                return (state, isNewest ? null : new Problem(AgentCodes.StateFellBack, What: why, Fix: "check the disk of this node"));
            }
        }

        return (null, new Problem(AgentCodes.StateLost,
            What: $"{directory}: {why}",
            Fix: $"install the newest agent that ran here; or, to begin anew and adopt what is there, move {directory} away"));
    }

    public Problem? Write(DurableState state)
    {
        try
        {
            Failpoints.Reach(Failpoint.StateDecided);
            _slots.Write(StateJson.Write(state));
            Failpoints.Reach(Failpoint.StateWritten);
            return null;
        }
        catch (IOException e)
        {
            return new Problem(AgentCodes.StateNotKept, What: e.Message, Fix: $"make room on the disk of {directory}, and check that disk");
        }
    }

    /// <summary>A node that was never anything has none: an intention is written before the first effect.</summary>
    private bool HasTraces() => Traces
        .Select(name => $"{directory}/{name}")
        .Any(folder => layer.Stat(folder) is not null && layer.Enumerate(folder).Count > 0);
}
