namespace GitOps.Platform.Tls;

/// <summary>Whether a peer is who it must be. Closed.</summary>
public abstract record PeerVerdict
{
    private PeerVerdict()
    {
    }

    /// <summary>It is; <paramref name="Organization"/> is the fleet uid in a node's certificate.</summary>
    public sealed record Accepted(string CommonName, string? Organization) : PeerVerdict;

    /// <summary>It is not, and why, in words an operator can act on.</summary>
    public sealed record Refused(string Because) : PeerVerdict;
}

/// <summary>What a certificate must be for.</summary>
public enum PeerRole
{
    /// <summary>The peer is a server; its name is checked.</summary>
    Server,

    /// <summary>The peer is a client, a node.</summary>
    Client,
}
