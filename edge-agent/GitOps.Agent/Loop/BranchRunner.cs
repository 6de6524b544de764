using GitOps.Agent.Planning;
using GitOps.Bundles;

namespace GitOps.Agent.Loop;

/// <summary>Runs branches side by side, each step after the one before it; a branch ends with its first step that is not done.</summary>
internal sealed class BranchRunner(IReadOnlyDictionary<string, IUnitKind> kinds, Action<LoopEvent> post)
{
    private readonly Dictionary<BranchKey, Task> _running = [];

    public bool IsRunning(UnitId id) => _running.Keys.Any(k => k.Id == id);

    public void Start(Branch branch, CancellationToken cancellationToken) =>
        _running.Add(branch.Key, RunAsync(branch, cancellationToken));

    public void Forget(Branch branch) => _running.Remove(branch.Key);

    /// <summary>Waits until every running branch has stopped; they are told to by their token.</summary>
    public async Task DrainAsync()
    {
        foreach (var task in _running.Values.ToList())
        {
            await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task RunAsync(Branch branch, CancellationToken cancellationToken)
    {
        await Task.Yield(); // a driver that answers at once must not make the pass wait for the whole branch
        post(new LoopEvent.BranchEnded(branch, await RunStepsAsync(branch, cancellationToken)));
    }

    private async Task<StepOutcome> RunStepsAsync(Branch branch, CancellationToken cancellationToken)
    {
        try
        {
            foreach (var step in branch.Steps)
            {
                var outcome = await kinds[branch.Key.Id.Kind].ApplyAsync(step, cancellationToken);
                if (outcome is not StepOutcome.Done)
                {
                    return outcome;
                }
            }

            return new StepOutcome.Done();
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            // The edge of the loop: a mistake in one driver must not stop the supervision of everything else.
            return new StepOutcome.Retry(new Problem(AgentCodes.Bug, What: $"{branch.Key.Id}: {e.GetType().Name}: {e.Message}",
                Fix: "report it with the agent's log"), FailureCause.Environment);
        }
    }
}
