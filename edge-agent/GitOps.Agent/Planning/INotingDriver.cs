using GitOps.Bundles;

namespace GitOps.Agent.Planning;

/// <summary>A driver with events to tell: something happened between two looks that no state shows any more.</summary>
public interface INotingDriver
{
    /// <summary>Set by the loop.</summary>
    Action<Problem, UnitId>? Note { get; set; }
}
