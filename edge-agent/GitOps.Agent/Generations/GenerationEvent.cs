using GitOps.Bundles;
using GitOps.Bundles.Publications;

namespace GitOps.Agent.Generations;

/// <summary>Something that moves a node between generations.</summary>
public abstract record GenerationEvent
{
    private GenerationEvent() { } // closed: every case is in this file

    /// <summary>A pointer passed <see cref="PointerCheck"/>.</summary>
    public sealed record PointerAccepted(PointerVerdict.Accepted Pointer) : GenerationEvent;

    /// <summary>Bundle and blobs are on this disk and policy allows them.</summary>
    /// <param name="Excused">See <see cref="Attempt.Excused"/>.</param>
    public sealed record Staged(Digest Bundle, EquatableArray<UnitId> Excused) : GenerationEvent;

    /// <summary>The bundle cannot be read, contradicts itself, or policy forbids it. Seen before any effect.</summary>
    public sealed record Refused(Digest Bundle, Problem Problem, UnitId? Unit) : GenerationEvent;

    /// <summary>A pass looked at every unit.</summary>
    public sealed record Observed(PassVerdict Verdict, TimeSpan Uptime, TimeSpan Deadline) : GenerationEvent;

    /// <summary>A person leads the node to an earlier generation for a time.</summary>
    public sealed record Pinned(Pin Pin) : GenerationEvent;

    /// <summary>That is over.</summary>
    public sealed record Unpinned : GenerationEvent;

    /// <summary>A person wants given-up bundles tried again.</summary>
    public sealed record RetryRequested(Release? Newest) : GenerationEvent;
}

/// <summary>What a move means for the rest of the agent.</summary>
public abstract record GenerationDecision
{
    private GenerationDecision() { } // closed: every case is in this file

    /// <summary>Fetch what the release names.</summary>
    public sealed record Stage(Release Release) : GenerationDecision;

    /// <summary>The release is good: what is not in it may be removed, and older bytes forgotten.</summary>
    public sealed record Commit(Release Release) : GenerationDecision;

    /// <summary>The release is given up; the node is led to the last good one again.</summary>
    public sealed record GiveUp(Release Release, Quarantine Quarantine) : GenerationDecision;

    /// <summary>The node has left the fleet.</summary>
    public sealed record Leave(Decommission How) : GenerationDecision;
}
