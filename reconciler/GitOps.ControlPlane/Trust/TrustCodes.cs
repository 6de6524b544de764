using GitOps.Bundles;

namespace GitOps.ControlPlane.Trust;

/// <summary>What can go wrong when people change the fleet's trust: PUB170 to PUB179, and PUB195.</summary>
public static class TrustCodes
{
    public static readonly ErrorCode BadFile = new("PUB170", "a root or key file cannot be used",
        "It is missing, is something else, is of another fleet, or its passphrase is wrong. Nothing was changed.");

    public static readonly ErrorCode BadEdit = new("PUB171", "a root would not hold",
        "A root needs as many keys as have to sign, a publication key and an authority; otherwise no node could follow the one after it.");

    public static readonly ErrorCode NotAccepted = new("PUB172", "nodes would not follow this root",
        "The root before it has to stand behind it with its threshold of signatures, and it has to carry its own. Nothing was published.");

    public static readonly ErrorCode KeyNotListed = new("PUB173", "a root does not name what the control plane uses",
        "Nodes that followed it would refuse what this control plane signs, or the control plane itself. Nothing was published.");

    public static readonly ErrorCode NotTaken = new("PUB195", "a control plane that runs did not take a root",
        "It looks for one offered every half second, judges it as nodes do, and logs what it refuses. A root that it refused changes nothing.");

    public static IReadOnlyList<ErrorCode> All { get; } = [BadFile, BadEdit, NotAccepted, KeyNotListed, NotTaken];
}
