using GitOps.Agent.Containers;
using GitOps.Agent.Planning;
using GitOps.Bundles;

namespace GitOps.Agent.Host.Containers;

/// <summary>Turns the engine's refusals into problems.</summary>
internal static class Problems
{
    public static Problem Away(UnitId unit, EngineException e) => new(ContainerCodes.EngineAway,
        What: $"{unit}: {e.Message}", Fix: "start the container engine, or correct containerEngine in agent.json; what runs goes on");

    /// <summary>An engine that is away is the environment's; one that refuses was asked for something that does not work here.</summary>
    public static StepOutcome ToOutcome(UnitId unit, GroupStep step, EngineException e)
    {
        if (e.IsAway)
        {
            return new StepOutcome.Retry(Away(unit, e), FailureCause.Environment);
        }

        var code = step is GroupStep.Stop or GroupStep.Remove or GroupStep.RemoveTraces ? ContainerCodes.StopFailed : ContainerCodes.StartFailed;
        return new StepOutcome.Retry(
            new Problem(code, What: $"{unit}: cannot {step.Describe()}: {e.Message}", Fix: "the engine gave that reason; correct the unit or the node"),
            FailureCause.Content);
    }
}
