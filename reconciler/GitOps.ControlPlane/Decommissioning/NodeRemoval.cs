using GitOps.Bundles;
using GitOps.Bundles.Publications;

namespace GitOps.ControlPlane.Decommissioning;

/// <summary>A node that shall leave the fleet.</summary>
/// <param name="How">What becomes of what it runs.</param>
/// <param name="Actor">Who asks, for the audit trail.</param>
public sealed record NodeRemoval(string Node, Decommission How, string Actor)
{
    /// <summary>Whether Git may still have it: it then stays out until it has a new identity.</summary>
    public bool Force { get; init; }

    /// <summary>The machine is lost or stolen: its certificate is refused at once, so it hears of nothing.</summary>
    public bool Lost { get; init; }
}

/// <summary>What became of a removal. Closed.</summary>
public abstract record NodeRemoved
{
    private NodeRemoved() { }

    /// <summary>The node's pointer is a tombstone of this generation.</summary>
    public sealed record Done(long Generation) : NodeRemoved;

    /// <summary>Nobody ever had this name here.</summary>
    public sealed record Unknown(Problem Problem) : NodeRemoved;

    /// <summary>It must not be, or not yet.</summary>
    public sealed record Refused(Problem Problem) : NodeRemoved;

    /// <summary>It could not be done now; trying again may help.</summary>
    public sealed record TryAgain(Problem Problem) : NodeRemoved;
}
