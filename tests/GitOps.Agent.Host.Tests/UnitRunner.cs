using GitOps.Agent.Planning;
using GitOps.Bundles.Units;
using GitOps.TestKit;

namespace GitOps.Agent.Host.Tests;

/// <summary>The agent's loop for one unit, as small as it can be: plan, apply until a step fails, and again.</summary>
internal sealed class UnitRunner(IUnitKind kind)
{
    public StepOutcome? LastFailure { get; set; }

    public PlanContext Context { get; set; } = new(TimeProvider.System.GetUtcNow(), ClockTrusted: true, TimeSpan.Zero);

    /// <summary>The plan, and nothing of it is done.</summary>
    public async Task<PlannedUnit> LookAsync(Unit desired, CancellationToken cancellationToken) => await kind.PlanAsync(desired, null, Context, cancellationToken);

    public async Task<PlannedUnit> TurnAsync(Unit? desired, Unit? owned, CancellationToken cancellationToken)
    {
        var plan = await kind.PlanAsync(desired, owned, Context, cancellationToken);
        foreach (var step in plan.Steps)
        {
            if (await kind.ApplyAsync(step, cancellationToken) is not StepOutcome.Done and var outcome)
            {
                LastFailure = outcome;
                break;
            }
        }

        return plan;
    }

    /// <summary>Goes on until the plan is as told, and returns it.</summary>
    /// <param name="limit">Reached by failing tests only; half a minute otherwise.</param>
    public async Task<PlannedUnit> UntilAsync(
        Unit? desired, Unit? owned, Func<PlannedUnit, bool> condition, CancellationToken cancellationToken, TimeSpan? limit = null)
    {
        PlannedUnit? plan = null;
        try
        {
            await Eventually.BecomesTrue(
                async () => condition(plan = await TurnAsync(desired, owned, cancellationToken)), limit ?? TimeSpan.FromSeconds(60), cancellationToken);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            Assert.Fail($"{failure.Message}\nthe last plan: {plan?.Status}; steps {plan?.Steps.Length}; failure {LastFailure}");
        }

        return plan!;
    }

    public Task<PlannedUnit> UntilReadyAsync(Unit desired, CancellationToken cancellationToken) =>
        UntilAsync(desired, null, plan => plan is { Status: UnitStatus.Ready, Steps.IsEmpty: true }, cancellationToken);
}

/// <summary>A clock that is as right as a test says.</summary>
internal sealed class FixedTrust(bool isTrusted) : GitOps.Agent.TimeSync.IClockTrust
{
    public bool IsTrusted { get; set; } = isTrusted;
}
