using GitOps.Bundles.Units;

namespace GitOps.Agent.Host.Processes;

/// <summary>Looks for texts in what a unit writes.</summary>
internal interface ILogSearch
{
    /// <returns>Null when a line has it, else why not.</returns>
    string? Find(LogProbe probe);
}
