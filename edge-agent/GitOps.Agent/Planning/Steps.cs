using GitOps.Bundles;

namespace GitOps.Agent.Planning;

/// <summary>
/// One change to the node, with its reason. Each feature has its own closed hierarchy of steps; a driver that still has a
/// choice to make means the step lacks a field.
/// </summary>
public interface IPlanStep
{
    /// <summary>The difference that caused it, in words an operator can check.</summary>
    string Because { get; }

    /// <summary>What it does, as <c>gitops-agent plan</c> prints it: <c>write /etc/motd (0644, 120 bytes)</c>.</summary>
    string Describe();
}

/// <summary>A change that is not made yet: what is in the way, and what would end the wait.</summary>
public sealed record Hold(string What, string Until)
{
    /// <summary>When only time is in the way: how long until planning again is worth it.</summary>
    public TimeSpan? RecheckAfter { get; init; }
}

/// <summary>What became of a step.</summary>
public abstract record StepOutcome
{
    private StepOutcome() { } // closed: every case is in this file

    public sealed record Done : StepOutcome;

    /// <summary>May pass by itself. An environment cause is never held against the bundle; a content cause is, at the deadline.</summary>
    public sealed record Retry(Problem Problem, FailureCause Cause) : StepOutcome;

    /// <summary>Needs a new bundle or a person.</summary>
    public sealed record Stuck(Problem Problem) : StepOutcome;
}

public enum FailureCause
{
    /// <summary>Network, disk, budget, clock, a device that is away.</summary>
    Environment,

    /// <summary>The bundle asks for something that does not work here.</summary>
    Content,
}
