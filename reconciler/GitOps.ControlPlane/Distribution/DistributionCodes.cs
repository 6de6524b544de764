using GitOps.Bundles;

namespace GitOps.ControlPlane.Distribution;

/// <summary>What can go wrong between the control plane and its nodes: PUB110 to PUB129.</summary>
public static class DistributionCodes
{
    public static readonly ErrorCode UnreadableReport = new("PUB110", "a report cannot be read",
        "The bytes are no report of a format this control plane reads, or too many of them. Nothing is booked.");

    public static readonly ErrorCode ForeignReport = new("PUB111", "a report speaks for another node",
        "A node's certificate says who it is; a report about anybody else is refused, and so is one for another fleet.");

    public static readonly ErrorCode ReportTooFarAhead = new("PUB112", "a report is too far ahead of the acknowledged ones",
        "Reports are acknowledged without gaps. A node that leaves out thousands would fill the database with what can never be acknowledged.");

    public static readonly ErrorCode ReportNotBooked = new("PUB113", "the database did not take a report",
        "The node keeps the report and sends it again. Most often the control plane's disk is full.");

    public static readonly ErrorCode PeerRefused = new("PUB114", "a client's certificate is refused",
        "It was not issued by this fleet's authority, is for another fleet, or is not valid now. The connection is closed.");

    public static readonly ErrorCode TopicRefused = new("PUB115", "a node used a topic that is not its own",
        "A node publishes its report and subscribes to its hint and ack. Anything else is refused.");

    public static readonly ErrorCode NotInStore = new("PUB116", "there is no such object for this node",
        "A node reads its own pointer, the head, the roots, and the blobs its own bundles name. Everything else is not found, whether it exists or not.");

    public static readonly ErrorCode BrokerUnreachable = new("PUB117", "the broker cannot be reached",
        "Nodes poll meanwhile and report over HTTPS; the connection is tried again.");

    public static readonly ErrorCode PacketTooLarge = new("PUB118", "a node sent the broker a packet above the limit",
        "The largest packet is a report. The connection is closed where a larger one begins; the node connects again.");

    public static IReadOnlyList<ErrorCode> All { get; } =
    [
        UnreadableReport, ForeignReport, ReportTooFarAhead, ReportNotBooked, PeerRefused, TopicRefused, NotInStore,
        BrokerUnreachable, PacketTooLarge,
    ];
}
