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
    public sealed record Refused(string Because) : PeerVerdict
    {
        /// <summary>Only the time is in the way: it is too early or too late for its certificate, by the clock it was judged by.</summary>
        public bool IsByTime { get; init; }
    }
}

/// <summary>What a certificate must be for.</summary>
public enum PeerRole
{
    /// <summary>The peer is a server; its name is checked.</summary>
    Server,

    /// <summary>The peer is a client, a node.</summary>
    Client,
}
