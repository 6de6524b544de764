namespace GitOps.ControlPlane.Identity;

/// <summary>What secrets of nodes are sealed to, out of the authority's log: losing the database loses none. Thread-safe.</summary>
public sealed class NodeKeys(FleetAuthority authority)
{
    private volatile IReadOnlyDictionary<string, string> _known = new Dictionary<string, string>();

    /// <summary>
    /// By node (<c>age1…</c>): of its newest certificate, and none where it has no certificate, or one without such a key. While another
    /// program issues, as of the last look.
    /// </summary>
    public IReadOnlyDictionary<string, string> Look()
    {
        try
        {
            _known = authority.SealRecipients();
        }
        catch (AuthorityBusyException)
        {
            // what a node had a moment ago will do: the next look is soon
        }

        return _known;
    }

    /// <summary>The same without nodes that were taken out of the fleet: nobody seals to those any more.</summary>
    public IReadOnlyDictionary<string, string> OfFleet() =>
        Look().Where(known => !authority.Withdrawals.IsRemoved(known.Key)).ToDictionary(known => known.Key, known => known.Value, StringComparer.Ordinal);
}
