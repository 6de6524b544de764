using GitOps.Bundles;

namespace GitOps.ControlPlane.Distribution.Mqtt;

/// <summary>What one kind of client may do with topics of one form.</summary>
/// <param name="OfControlPlane">Whether it is for the control plane; otherwise for every node, with its own name in the topic.</param>
/// <param name="Reads">Whether it may subscribe; otherwise it may publish.</param>
public sealed record AccessRule(bool OfControlPlane, bool Reads, string Topic);

/// <summary>Who may do what at an external broker, whatever its own language for that is. What no rule allows is denied.</summary>
public static class BrokerAccess
{
    /// <param name="fleet">The fleet's uid.</param>
    /// <param name="own">What the broker puts the name of a client's certificate in place of.</param>
    public static IReadOnlyList<AccessRule> Rules(string fleet, string own) =>
    [
        new(OfControlPlane: true, Reads: true, Topics.Report(fleet, "+")),
        new(OfControlPlane: true, Reads: false, Topics.Hint(fleet, "+")),
        new(OfControlPlane: true, Reads: false, Topics.Ack(fleet, "+")),
        new(OfControlPlane: false, Reads: true, Topics.Hint(fleet, own)),
        new(OfControlPlane: false, Reads: true, Topics.Ack(fleet, own)),
        new(OfControlPlane: false, Reads: false, Topics.Report(fleet, own)),
    ];
}
