using GitOps.Bundles;
using GitOps.Bundles.Reports;

namespace GitOps.Reconciler.Rollouts;

/// <summary>A node as a rollout sees it: what it should have, what its pointer says, and what it reports.</summary>
/// <param name="Target">The digest of the bundle this revision compiles to for it.</param>
/// <param name="Pointer">What it is pointed at; null before its first publication.</param>
/// <param name="Status">What it last reported; null when it never did.</param>
/// <param name="Suspended">Why it keeps what it has, or null.</param>
public sealed record RolloutNode(string Node, Digest Target, OpenPointer? Pointer, NodeStatus? Status, string? Suspended)
{
    /// <summary>Somebody took it out of the fleet although Git still has it; it is not opened until it has a new identity.</summary>
    public bool IsRemoved { get; init; }

    /// <summary>It keeps what it has, whatever the revision says.</summary>
    public bool IsPaused => Suspended is not null || IsRemoved;

    /// <summary>The pointer names the target already.</summary>
    public bool IsOpened => Pointer?.Bundle == Target;

    /// <summary>Devices of its target that other nodes have not let go of (<see cref="DeviceMoves"/>); it is not opened until then.</summary>
    public EquatableArray<DeviceLeave> Awaits { get; init; }

    /// <summary>Devices of its target that another node has to let go of, or had to before a commit said otherwise.</summary>
    public EquatableArray<string> Gains { get; init; }
}

public sealed record OpenPointer(Digest Bundle, long Generation);

/// <summary>What a rollout needs of a node's last report, and whether the node can be reached now.</summary>
public sealed record NodeStatus
{
    public required bool Online { get; init; }

    public long? Generation { get; init; }

    public Digest? Bundle { get; init; }

    public long SeenGeneration { get; init; }

    public NodePhase? Phase { get; init; }

    /// <summary>It is there and has said how it is: a node that only polls shows neither health nor its lack.</summary>
    public bool IsHeard => Online && Phase is not null;

    /// <summary>Bundles the node gave up, with its reason.</summary>
    public EquatableArray<QuarantineReport> Quarantined { get; init; }

    /// <summary>The devices it follows, by name; null when its report does not list all of them.</summary>
    public EquatableArray<string>? Devices { get; init; }

    /// <summary>A node that is online and has not reported yet.</summary>
    public static NodeStatus Silent(bool online) => new() { Online = online };

    public static NodeStatus Of(NodeReport report, bool online) => new()
    {
        Online = online,
        Generation = report.Generation,
        Bundle = report.Bundle,
        SeenGeneration = report.SeenGeneration,
        Phase = report.Phase,
        Quarantined = report.Quarantined,
        Devices = report.Conditions.Any(condition => condition is { Type: "Complete", Status: "False" })
            ? null
            : report.Devices.Select(device => device.Name).ToEquatableArray(),
    };
}
