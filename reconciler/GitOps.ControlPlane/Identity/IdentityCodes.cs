using GitOps.Bundles;

namespace GitOps.ControlPlane.Identity;

/// <summary>What can go wrong when identities are made: PUB101 to PUB109.</summary>
public static class IdentityCodes
{
    public static readonly ErrorCode BadNodeName = new("PUB101", "a node's name is not a label",
        "A node's name stands in its certificate, its topics and its store path, so it is an RFC 1123 label: at most 63 of a-z, 0-9 and inner hyphens.");

    public static readonly ErrorCode FolderExists = new("PUB102", "an identity folder is there already",
        "It may hold the only copy of a node's key. It is replaced only when that is asked for, and the certificate in it is then revoked.");

    public static readonly ErrorCode AuthorityBusy = new("PUB103", "another program issues a certificate right now",
        "Certificates are issued one at a time, so that the log of issued ones is complete.");

    public static readonly ErrorCode NoFleet = new("PUB104", "the control plane does not know its fleet yet",
        "Certificates carry the fleet's uid, which is read from the repository at the first start of 'gitops serve' and kept in the data directory.");

    public static readonly ErrorCode NodeHasIdentity = new("PUB105", "a node has an identity already",
        "Two machines with one node's identity would report for each other. A new identity is made when that is asked for, and revokes the one before.");

    /// <summary>The data directory belongs to no fleet yet.</summary>
    internal static Problem WithoutFleet(DataDirectory data) => new(NoFleet,
        What: $"{data.Path} does not know its fleet yet",
        Fix: "start 'gitops serve' once and wait until it has read the repository");

    public static IReadOnlyList<ErrorCode> All { get; } = [BadNodeName, FolderExists, AuthorityBusy, NoFleet, NodeHasIdentity];
}
