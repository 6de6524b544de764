using GitOps.Bundles;

namespace GitOps.ControlPlane.Identity;

/// <summary>What can go wrong when identities are made and renewed: PUB101 to PUB109, PUB145 to PUB159.</summary>
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

    public static readonly ErrorCode TokenRefused = new("PUB145", "an enrolment token is not good",
        "It is unknown, expired, revoked, used by another machine or for another node. The answer does not say which: whoever guesses learns nothing.");

    public static readonly ErrorCode BadRequest = new("PUB146", "a request for a certificate cannot be used",
        "It is not JSON of format 1, its PKCS #10 is not signed by its own ECDSA P-256 key, or its sealRecipient is no age X25519 recipient.");

    public static readonly ErrorCode TooManyTries = new("PUB147", "there are too many tries to enrol",
        "Tries are limited, refused ones by address above all. Retry-After says in how many seconds the next one is looked at.");

    public static readonly ErrorCode RenewalRefused = new("PUB148", "a certificate is not renewed",
        "It is revoked or retired, of another fleet, or expired longer ago than Fleet.spec.identity.renewalGrace. What runs on the node goes on; the machine has to be enrolled again.");

    public static readonly ErrorCode IdentityCopied = new("PUB149", "two machines seem to have one node's identity",
        "A certificate that was renewed already was renewed again with another key, or reports of two runs of the agent alternate: a disk was copied, " +
        "or an old one restored. Nothing is stopped. 'gitops enroll create NODE --replace' gives the right machine an identity of its own and ends the one both have.");

    public static readonly ErrorCode NoSuchToken = new("PUB150", "there is no enrolment token of this id",
        "'gitops enroll list' shows those there are; what ended is forgotten after a month.");

    public static readonly ErrorCode RegistrationsAway = new("PUB151", "the registrations of the cluster cannot be read or written",
        "The API server cannot be reached, or does not let the control plane read edgeregistrations and write their status. Registrations known so far go on; it is tried again.");

    public static readonly ErrorCode TokenElsewhere = new("PUB152", "an enrolment token is not ended here",
        "It is that of an EdgeRegistration: what the object says would bring it back. Suspend the object, or delete it.");

    /// <summary>The data directory belongs to no fleet yet.</summary>
    internal static Problem WithoutFleet(DataDirectory data) => new(NoFleet,
        What: $"{data.Path} does not know its fleet yet",
        Fix: "start 'gitops serve' once and wait until it has read the repository");

    public static IReadOnlyList<ErrorCode> All { get; } =
    [
        BadNodeName, FolderExists, AuthorityBusy, NoFleet, NodeHasIdentity, TokenRefused, BadRequest, TooManyTries, RenewalRefused, IdentityCopied,
        NoSuchToken, RegistrationsAway, TokenElsewhere,
    ];
}
