using System.Globalization;
using GitOps.Agent.Containers;
using GitOps.Agent.Host.Processes;
using GitOps.Agent.Workloads;

namespace GitOps.Agent.Host.Containers;

/// <summary>Tells from what the engine says of a container, and from what the agent noted of its runs, how it is.</summary>
internal static class GroupReading
{
    /// <summary>The engine's word for one end; null while there is none.</summary>
    public static string? EndOf(InspectedContainer container) => container.State is { Running: false, Status: "exited" or "dead" or "stopped" }
        ? container.State.FinishedAt ?? ""
        : null;

    /// <summary>Null when its labels cannot be read: it was not made by this agent.</summary>
    public static ContainerState? Read(InspectedContainer container, RunRecord? record, ContainerHealth health)
    {
        if (Labels.Read(container.Config.Labels) is not var (name, role, key))
        {
            return null;
        }

        var isOfKey = record?.Key == key.ToString();
        return new ContainerState(container.Id, name, role, key)
        {
            Run = ToRun(container, isOfKey ? record : null, key),
            EndedBecause = isOfKey && EndOf(container) is not null ? record!.EndedBecause : null,
            IsOutOfMemory = container.State.OomKilled,
            Health = container.State.Paused ? new ContainerHealth.NotReady("it is paused by somebody") : health,
        };
    }

    /// <summary>How long a run lasted, by the engine's clock; never less than nothing.</summary>
    public static TimeSpan RanFor(InspectedContainer container)
    {
        var (start, end) = (Time(container.State.StartedAt), Time(container.State.FinishedAt));
        return start is { } from && end is { } to && to > from ? to - from : TimeSpan.Zero;
    }

    private static ProcessRun? ToRun(InspectedContainer container, RunRecord? record, Bundles.Digest key)
    {
        var isThisBoot = record?.KernelBootId == ProcessTable.KernelBootId;
        var (attempt, restarts) = (record?.Attempt ?? 1, record?.Restarts ?? 0);
        if (container.State.Running)
        {
            // Without a record it was started before this agent knew of it: long ago.
            var runs = isThisBoot ? TimeSpan.FromMilliseconds(ProcessTable.NowMs - record!.StartedAtMs) : TimeSpan.FromDays(1);
            return new ProcessRun(key, null, runs, null, attempt, restarts);
        }

        if (EndOf(container) is null)
        {
            return null; // made, and not started yet
        }

        // When it ended while nobody looked, any pause counts as over.
        var ago = isThisBoot && record!.EndedAtMs is { } ended ? TimeSpan.FromMilliseconds(ProcessTable.NowMs - ended) : TimeSpan.FromDays(1);
        return new ProcessRun(key, container.State.ExitCode, RanFor(container), ago, attempt, restarts);
    }

    /// <summary>A time as engines write it; the year 1 stands for never.</summary>
    public static DateTimeOffset? Time(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;
}
