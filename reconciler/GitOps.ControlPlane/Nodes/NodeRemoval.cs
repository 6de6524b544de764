using GitOps.Bundles.Publications;

namespace GitOps.ControlPlane.Nodes;

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
