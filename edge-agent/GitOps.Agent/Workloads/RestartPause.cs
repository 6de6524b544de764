using GitOps.Bundles.Units;

namespace GitOps.Agent.Workloads;

/// <summary>When something that ended is started again.</summary>
/// <param name="Attempt">Of the next run.</param>
/// <param name="Pause">From the end to the next start.</param>
public readonly record struct RestartPause(int Attempt, TimeSpan Pause)
{
    /// <summary>No pause before the first restart after a long run, then the initial one, doubled up to the maximum.</summary>
    public static RestartPause After(ProcessRun run, RestartBackoff backoff)
    {
        var attempt = run.RanFor >= TimeSpan.FromMilliseconds(backoff.MaxMs) ? 1 : run.Attempt + 1;
        var pause = attempt == 1
            ? TimeSpan.Zero
            : TimeSpan.FromMilliseconds(Math.Min(backoff.MaxMs, backoff.InitialMs * Math.Pow(2, Math.Min(attempt - 2, 30))));
        return new RestartPause(attempt, pause);
    }
}
