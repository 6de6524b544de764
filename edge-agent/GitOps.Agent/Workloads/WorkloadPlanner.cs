using System.Globalization;
using GitOps.Agent.Planning;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Workloads;

/// <summary>
/// Keeps a process running as its restart policy says. A run that was started from something else than the bundle now says
/// is replaced; one that ended is started again after a pause that doubles while runs stay short.
/// </summary>
public sealed class WorkloadPlanner : IUnitPlanner<WorkloadState, WorkloadStep>
{
    /// <summary>A process counts as ready only once it has lasted this long, whatever its probes say: what they look at may be older.</summary>
    private static readonly TimeSpan Proof = TimeSpan.FromSeconds(1);

    public EquatableArray<string> Claims(Unit unit) => WorkloadClaims.Of(unit);

    public UnitPlan<WorkloadStep> Plan(Unit desired, Unit? owned, WorkloadState observed, PlanContext context)
    {
        var process = desired.Process;
        var key = WorkloadKey.Of(desired, context.Desired);
        if (context.Stop is { } stop)
        {
            return Stopped(process, observed, stop);
        }

        if (observed.Missing is { } missing && observed.Run?.Key != key)
        {
            return new UnitPlan<WorkloadStep>([], [new Hold(missing.What, Until: missing.Fix)], new UnitStatus.Progressing(missing.What));
        }

        return observed.Run switch
        {
            null => Start(process, key, 1, 0, observed, "it has not run"),
            { IsRunning: true } run when run.Key != key => Replace(process, key, observed, "what it runs has changed"),
            { IsRunning: true, IsUnattended: true } => Replace(process, key, observed, "its shim is gone: how it ends would not be known"),
            { IsRunning: true } run => new UnitPlan<WorkloadStep>([], [.. Proving(run)], StatusOf(desired, run, observed.Probes)),
            { } run when run.Key != key => Start(process, key, 1, 0, observed, "what it runs has changed"),
            { } run => Ended(process, run, observed),
        };
    }

    public UnitPlan<WorkloadStep> PlanRemoval(Unit owned, WorkloadState observed, PlanContext context)
    {
        var because = $"{owned.Id} left the bundle, or makes room";
        List<WorkloadStep> steps = [];
        if (observed.Run is { IsRunning: true })
        {
            steps.Add(StopOf(owned.Process, because));
        }

        if (observed.HasTraces)
        {
            steps.Add(new WorkloadStep.RemoveTraces { Because = because });
        }

        return new UnitPlan<WorkloadStep>([.. steps], [], new UnitStatus.Progressing(because));
    }

    private static UnitPlan<WorkloadStep> Stopped(ProcessSpec process, WorkloadState observed, Hold why) => new(
        observed.Run is { IsRunning: true } ? [StopOf(process, $"{why.What}")] : [],
        [why],
        new UnitStatus.Unhealthy($"stopped: {why.What}", FailureCause.Environment));

    private static UnitPlan<WorkloadStep> Replace(ProcessSpec process, Digest key, WorkloadState observed, string because)
    {
        var start = Start(process, key, 1, 0, observed, because);
        return start with { Steps = [StopOf(process, because), .. start.Steps] };
    }

    private static UnitPlan<WorkloadStep> Start(
        ProcessSpec process, Digest key, int attempt, int restarts, WorkloadState observed, string because)
    {
        List<WorkloadStep> steps = [];
        if (WorkloadKey.OfFiles(process) is { } files && files != observed.Files)
        {
            steps.Add(new WorkloadStep.PlaceFiles(files, process.Files.Count)
            {
                Because = observed.Files is { } old ? $"it has the files {old.Hex[..12]}" : "it has no files yet",
            });
        }

        steps.Add(new WorkloadStep.Start(key, attempt, restarts, process.Command[0]) { Because = because });
        return new UnitPlan<WorkloadStep>([.. steps], [], new UnitStatus.Progressing(because));
    }

    private static UnitPlan<WorkloadStep> Ended(ProcessSpec process, ProcessRun run, WorkloadState observed)
    {
        var end = run.DescribeEnd();
        var isDone = run.ExitCode == 0 && process.Restart is not RestartPolicy.Always;
        if (isDone)
        {
            return new UnitPlan<WorkloadStep>([], [], new UnitStatus.Ready());
        }

        if (process.Restart == RestartPolicy.Never)
        {
            return new UnitPlan<WorkloadStep>([], [], new UnitStatus.Unhealthy($"{end}, and is not to be restarted", FailureCause.Content));
        }

        var (attempt, pause) = RestartPause.After(run, process.Backoff);
        var left = pause - run.EndedAgo!.Value;
        var unhealthy = new UnitStatus.Unhealthy(end, FailureCause.Content);
        if (left > TimeSpan.Zero)
        {
            var until = string.Create(CultureInfo.InvariantCulture, $"a pause of {pause.TotalSeconds:0.#} s is over; then it is started again");
            return new UnitPlan<WorkloadStep>([], [new Hold($"its restart: it {end}", until) { RecheckAfter = left }], unhealthy);
        }

        return Start(process, run.Key, attempt, run.Restarts + 1, observed, $"it {end}") with { Status = unhealthy };
    }

    private static IEnumerable<Hold> Proving(ProcessRun run) => run.RanFor < Proof
        ? [new Hold("its first second", Until: "it has run for one second") { RecheckAfter = Proof - run.RanFor }]
        : [];

    private static UnitStatus StatusOf(Unit desired, ProcessRun run, ProbeReading probes)
    {
        return probes switch
        {
            ProbeReading.Failing(var message) when !desired.Probes.IsEmpty => new UnitStatus.Unhealthy(message, FailureCause.Content),
            _ when run.RanFor < Proof => new UnitStatus.Progressing("it has just started"),
            ProbeReading.Pending(var message) when !desired.Probes.IsEmpty => new UnitStatus.Progressing(message),
            ProbeReading.Passing or ProbeReading.Pending or ProbeReading.Failing => new UnitStatus.Ready(),
            _ => throw new System.Diagnostics.UnreachableException($"no such reading: {probes}"),
        };
    }

    private static WorkloadStep.Stop StopOf(ProcessSpec process, string because) =>
        new(process.StopSignal, TimeSpan.FromMilliseconds(process.StopGraceMs)) { Because = because };
}
