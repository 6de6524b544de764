using System.Text.Json.Serialization;
using GitOps.Bundles;

namespace GitOps.Reconciler.Rollouts;

/// <summary>
/// How far the rollout of one revision is. Immutable and serialisable (<see cref="RolloutJson"/>): a control plane that
/// restarts goes on where it was. Which nodes are opened is not kept here: their pointers say so.
/// </summary>
public sealed record RolloutState
{
    public int Format { get; init; } = 1;

    /// <summary>The full commit id.</summary>
    public required string Revision { get; init; }

    public RolloutPhase Phase { get; init; } = RolloutPhase.Canary;

    /// <summary>The canary whose health is awaited; absent before one is chosen and after it was healthy.</summary>
    public CanaryWatch? Canary { get; init; }

    /// <summary>Canaries that went offline before they answered; sorted.</summary>
    public EquatableArray<string> PassedOver { get; init; }

    /// <summary>Devices that nodes were to let go of and did not yet; sorted by device, then node.</summary>
    public EquatableArray<DeviceLeave> Leaving { get; init; }

    /// <summary>Why no further node is opened, where <see cref="Phase"/> is <see cref="RolloutPhase.Stopped"/>.</summary>
    public RolloutStop? Stop { get; init; }
}

public enum RolloutPhase
{
    /// <summary>One node has the new bundle; the others wait for its health.</summary>
    [JsonStringEnumMemberName("canary")]
    Canary,

    /// <summary>Every node that is not suspended may have the new bundle.</summary>
    [JsonStringEnumMemberName("open")]
    Open,

    /// <summary>The canary failed; a new revision starts over.</summary>
    [JsonStringEnumMemberName("stopped")]
    Stopped,
}

/// <summary>
/// What is known of a canary. <paramref name="At"/> is when it was looked at last, <paramref name="Counting"/> whether it
/// could have become healthy then; <paramref name="UnhealthyMs"/> adds up the time it could and did not,
/// <paramref name="OfflineMs"/> the time nothing was heard of it without a break: it was offline, or polled and never reported.
/// </summary>
public sealed record CanaryWatch(string Node, Digest Bundle, DateTimeOffset At, bool Counting, long UnhealthyMs, long OfflineMs);

/// <summary>Why a rollout stopped: the node that failed, and the problem in words.</summary>
public sealed record RolloutStop(string Node, string Code, string What, string Fix)
{
    /// <summary>The same as one.</summary>
    [JsonIgnore]
    public Problem Problem => new(Code, What, Fix);
}
