using System.Collections.Immutable;
using GitOps.Bundles;

namespace GitOps.Agent.Generations;

/// <summary>How one unit counts for or against the release it belongs to.</summary>
public abstract record UnitVerdict
{
    private UnitVerdict() { } // closed: every case is in this file

    /// <summary>As desired, nothing left to do, and well.</summary>
    public sealed record Ready : UnitVerdict;

    /// <summary>Being brought there; the deadline runs.</summary>
    public sealed record Working(string Message) : UnitVerdict;

    /// <summary>Something outside the bundle is in the way (a gate, the network, a person): the deadline stands still.</summary>
    public sealed record Waiting(string Message) : UnitVerdict;

    /// <summary>Applied and not well, or a step fails because of what the bundle says: counts at the deadline.</summary>
    public sealed record Failing(Problem Problem) : UnitVerdict;

    /// <summary>Cannot become right by waiting: counts at once.</summary>
    public sealed record Stuck(Problem Problem) : UnitVerdict;
}

/// <summary>What one pass saw of the units the node is led to.</summary>
public sealed record PassVerdict(Release Target, ImmutableSortedDictionary<UnitId, UnitVerdict> Units);
