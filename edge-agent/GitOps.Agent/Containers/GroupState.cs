using GitOps.Agent.Workloads;
using GitOps.Bundles;

namespace GitOps.Agent.Containers;

/// <summary>What the driver saw of one group of containers.</summary>
public sealed record GroupState
{
    /// <summary>Why the engine could not be asked: then nothing else here is known.</summary>
    public Problem? Blind { get; init; }

    /// <summary>Everything on this node that bears the unit's labels, in the order it was made.</summary>
    public EquatableArray<ContainerState> Containers { get; init; }

    /// <summary>Containers that the agent started in this boot of the machine and did not remove.</summary>
    public EquatableArray<StartedContainer> Started { get; init; }

    /// <summary>Images of the unit that are not on this node.</summary>
    public EquatableArray<string> MissingImages { get; init; }

    /// <summary>Which files its volumes hold, as <see cref="GroupKey.OfFiles"/>; null when none are.</summary>
    public Digest? Files { get; init; }

    /// <summary>Why its files or environment cannot be made yet.</summary>
    public Problem? Missing { get; init; }

    /// <summary>A scratch volume that is above its limit, in words.</summary>
    public string? Overflow { get; init; }

    /// <summary>What the probes of the unit say, besides those of its containers.</summary>
    public ProbeReading Probes { get; init; } = new ProbeReading.Pending("no probe has run");

    /// <summary>There is something on the node to remove besides containers: folders, a record.</summary>
    public bool HasTraces { get; init; }
}

/// <summary>A container that should be there, running or ended.</summary>
/// <param name="Name">As in the unit.</param>
/// <param name="Key">As <see cref="GroupKey.Of"/>.</param>
public sealed record StartedContainer(string Name, string Key);

public enum ContainerRole
{
    /// <summary>Holds the network of the group, and nothing else.</summary>
    Sandbox,

    /// <summary>Runs to its end before the others.</summary>
    Init,

    Main,
}

/// <summary>A container of ours, as the engine knows it.</summary>
/// <param name="Id">The engine's.</param>
/// <param name="Name">As in the unit; empty for the sandbox.</param>
/// <param name="Key">As <see cref="GroupKey.Of"/>: what it was made from.</param>
public sealed record ContainerState(string Id, string Name, ContainerRole Role, Digest Key)
{
    /// <summary>Null when it was made and never started.</summary>
    public ProcessRun? Run { get; init; }

    /// <summary>Why the agent ended this run; null when it ended by itself.</summary>
    public string? EndedBecause { get; init; }

    /// <summary>The kernel ended it because of its memory limit.</summary>
    public bool IsOutOfMemory { get; init; }

    public ContainerHealth Health { get; init; } = new ContainerHealth.Pending("it does not run");

    public string DescribeEnd() => EndedBecause ?? (Run?.DescribeEnd() ?? "was made and did not start") + (IsOutOfMemory ? ", out of memory" : "");
}

/// <summary>What the probes of one run of a container say.</summary>
public abstract record ContainerHealth
{
    private ContainerHealth() { } // closed: every case is in this file

    /// <summary>Not every probe has held yet.</summary>
    public sealed record Pending(string Message) : ContainerHealth;

    public sealed record Healthy : ContainerHealth;

    /// <summary>Its readiness fails: it is left alone, and the unit is not ready.</summary>
    public sealed record NotReady(string Message) : ContainerHealth;

    /// <summary>Its startup or liveness failed as often as the threshold says: it is to be restarted.</summary>
    public sealed record Dead(string Message) : ContainerHealth;
}
