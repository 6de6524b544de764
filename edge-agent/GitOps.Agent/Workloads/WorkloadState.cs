using System.Globalization;
using GitOps.Bundles;

namespace GitOps.Agent.Workloads;

/// <summary>What a driver saw of one supervised process.</summary>
public sealed record WorkloadState
{
    /// <summary>The newest run of it; null when there was none, or when the machine restarted while it ran.</summary>
    public ProcessRun? Run { get; init; }

    /// <summary>Which files its directory holds, as <see cref="WorkloadKey.OfFiles"/>; null when none are.</summary>
    public Digest? Files { get; init; }

    /// <summary>Why its files or environment cannot be made yet.</summary>
    public Problem? Missing { get; init; }

    /// <summary>What the probes say of the run.</summary>
    public ProbeReading Probes { get; init; } = new ProbeReading.Pending("no probe has run");

    /// <summary>There is something on the node to remove: a directory, logs, a record.</summary>
    public bool HasTraces { get; init; }
}

/// <summary>One run of a process, under its shim.</summary>
/// <param name="Key">As <see cref="WorkloadKey.Of"/>: what it was started from.</param>
/// <param name="ExitCode">128 + signal when a signal ended it; null while it runs.</param>
/// <param name="RanFor">Until its end, or until now.</param>
/// <param name="EndedAgo">Null while it runs.</param>
/// <param name="Attempt">1 for a first run, one more for each restart after a short one.</param>
/// <param name="Restarts">Since the unit was first started from this key.</param>
public sealed record ProcessRun(Digest Key, int? ExitCode, TimeSpan RanFor, TimeSpan? EndedAgo, int Attempt, int Restarts)
{
    public bool IsRunning => EndedAgo is null;

    /// <summary>Its shim is gone: nobody holds its log, and nobody would learn how it ends.</summary>
    public bool IsUnattended { get; init; }

    /// <summary>The kernel ended it, or something it had started, because of its memory limit.</summary>
    public bool IsOutOfMemory { get; init; }

    public string DescribeEnd()
    {
        var seconds = RanFor.TotalSeconds.ToString("0.#", CultureInfo.InvariantCulture);
        return ExitCode is { } code
            ? string.Create(CultureInfo.InvariantCulture, $"exited with {code} after {seconds} s{(IsOutOfMemory ? ", out of memory" : "")}")
            : $"ended after {seconds} s, how is not known";
    }
}

/// <summary>What the probes of a run say (docs/contracts.md §1).</summary>
public abstract record ProbeReading
{
    private ProbeReading() { } // closed: every case is in this file

    /// <summary>Not every probe has succeeded yet.</summary>
    public sealed record Pending(string Message) : ProbeReading;

    public sealed record Passing : ProbeReading;

    /// <summary>A probe failed as often in a row as its threshold says.</summary>
    public sealed record Failing(string Message) : ProbeReading;
}

/// <summary>One change to a supervised process.</summary>
public abstract record WorkloadStep : Planning.IPlanStep
{
    private WorkloadStep() { } // closed: every case is in this file

    public required string Because { get; init; }

    public abstract string Describe();

    /// <summary>Places the unit's files in its directory under their digest and switches to them by one rename.</summary>
    public sealed record PlaceFiles(Digest Files, int Count) : WorkloadStep
    {
        public override string Describe() =>
            string.Create(CultureInfo.InvariantCulture, $"place {Count} file(s) ({Files.Hex[..12]})");
    }

    public sealed record Start(Digest Key, int Attempt, int Restarts, string Program) : WorkloadStep
    {
        public override string Describe() => $"start {Program}";
    }

    /// <summary>The signal to the process group, then SIGKILL after the grace.</summary>
    public sealed record Stop(string Signal, TimeSpan Grace) : WorkloadStep
    {
        public override string Describe() =>
            string.Create(CultureInfo.InvariantCulture, $"stop it ({Signal}, SIGKILL after {Grace.TotalSeconds} s)");
    }

    /// <summary>Removes the unit's directory, logs and record.</summary>
    public sealed record RemoveTraces : WorkloadStep
    {
        public override string Describe() => "remove its directory and logs";
    }
}
