namespace GitOps.ControlPlane.Identity;

/// <summary>The keys of nodes that the control plane knows, out of the authority's log: losing the database loses none. Thread-safe.</summary>
public sealed class NodeKeys(FleetAuthority authority)
{
    /// <summary>What secrets of a node are sealed to (<c>age1…</c>); null where it has no certificate, or one without such a key.</summary>
    public string? SealRecipientOf(string node) => authority.KnownOf(node)?.SealRecipient;
}
