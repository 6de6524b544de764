using GitOps.Bundles;

namespace GitOps.ControlPlane.Nodes;

/// <summary>What became of something that a person asked of one node. Closed.</summary>
public abstract record NodeAnswer
{
    private NodeAnswer() { } // closed: every case is in this file

    /// <summary>The node's pointer of this generation says it.</summary>
    public sealed record Done(long Generation) : NodeAnswer;

    /// <summary>Nobody ever had this name here.</summary>
    public sealed record Unknown(Problem Problem) : NodeAnswer;

    /// <summary>It must not be, or not yet.</summary>
    public sealed record Refused(Problem Problem) : NodeAnswer;

    /// <summary>It could not be done now; trying again may help.</summary>
    public sealed record TryAgain(Problem Problem) : NodeAnswer;
}
