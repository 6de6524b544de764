using GitOps.Agent.Generations;
using GitOps.Agent.Loop;
using GitOps.Bundles;
using GitOps.Platform.Files;

namespace GitOps.Agent.Host.State;

/// <summary>The durable state in two slots: a damaged one costs the last change, never everything.</summary>
internal sealed class StateStore(IFileLayer layer, string directory) : IStateKeeper
{
    private const int LimitBytes = 64 << 20;
    private readonly SlotStore _slots = new(layer, directory, "state", LimitBytes);

    /// <returns>The state, and what had to be fallen back from; or no state, where guessing would lose what the node owns.</returns>
    public (DurableState? State, Problem? Problem) Read() => _slots.Read() switch
    {
        SlotRead.Empty => (DurableState.Initial, null),
        SlotRead.Value(var content, _) when StateJson.TryRead(content.Span) is { } state => (state, null),
        SlotRead.FellBack(var content, _, var because) when StateJson.TryRead(content.Span) is { } state =>
            (state, new Problem(AgentCodes.StateFellBack, What: because, Fix: "check the disk of this node")),
        SlotRead.Lost(var because) => (null, Lost(because)),
        _ => (null, Lost("the state is not of a format this release reads")),
    };

    public void Write(DurableState state) => _slots.Write(StateJson.Write(state));

    private Problem Lost(string because) => new(AgentCodes.StateLost,
        What: $"{directory}: {because}",
        Fix: $"install the newest agent that ran here; or, to begin anew and adopt what is there, move {directory} away");
}
