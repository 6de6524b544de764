using System.Globalization;
using GitOps.Agent.Host.Store;
using GitOps.Bundles.Reports;
using GitOps.Platform.Files;

namespace GitOps.Agent.Host.Diagnosis;

/// <summary>What is made of what was seen. Pure.</summary>
internal static class Judgement
{
    /// <summary>A certificate that ends sooner than this is to be replaced now.</summary>

    private const UnixFileMode Foreign = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;
    private const UnixFileMode Secret = Foreign | UnixFileMode.GroupRead | UnixFileMode.OtherRead | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    public static Check Certificate(DateTimeOffset from, DateTimeOffset to, DateTimeOffset now)
    {
        const string Name = "certificate";
        const string Renew = "the agent renews it when it reaches the control plane; otherwise 'gitops enroll create NAME --replace' there and 'gitops-agent enroll --force' here";
        return now < from ? Check.Warn(Name, $"good from {from:u}, and this machine's clock says {now:u}", "set the clock; the agent counts from the certificate's beginning meanwhile")
            : now > to ? Check.Fail(Name, $"it ended at {to:u}, and it is {now:u}", Renew)
            : to - now < (to - from) / 4 ? Check.Warn(Name, string.Create(CultureInfo.InvariantCulture, $"it ends at {to:u}, in {(to - now).TotalDays:0.#} days, and should have been renewed"), Renew)
            : Check.Ok(Name, $"good until {to:u}");
    }

    /// <param name="past">The latest time that is known to be past.</param>
    /// <param name="measured">What the running agent measured; null where it does not.</param>
    /// <param name="kernel">Whether some daemon keeps the clock.</param>
    public static Check Clock(DateTimeOffset now, DateTimeOffset past, ClockReport? measured, bool kernel)
    {
        const string Name = "clock";
        const string Doubt = "nothing is deleted or expired by age until it is";
        return now < past
            ? Check.Fail(Name, $"it says {now:u}, and {past:u} is past already", "set the clock ('date -s …'), and let a time daemon keep it")
            : measured is { Isolated: true }
                ? Check.Warn(Name, $"{now:u}, agreed upon in this site, which hears no real clock; {Doubt}", "see what is between the site and its time servers")
            : measured is { IsTrusted: true } ? Check.Ok(Name, $"{now:u}, trusted: {measured.Source ?? "a source"} says so")
            : measured is not null
                ? Check.Warn(Name, $"{now:u}, not known to be right; {Doubt}", "see whether the servers of the clock unit answer: 'gitops-agent status'")
            : kernel ? Check.Note(Name, $"{now:u}, kept by a time daemon; no clock unit says by which bound, so {Doubt}")
            : Check.Warn(Name, $"{now:u}, and nobody keeps it; {Doubt}", "give the node a TimeSync in Git, or run chronyd");
    }

    public static Check Disk(string path, long free, long total)
    {
        const string Name = "disk";
        var shown = string.Create(CultureInfo.InvariantCulture, $"{Mebibytes(free)} of {Mebibytes(total)} MiB are free at {path}");
        return free < StoreClient.ReserveBytes
            ? Check.Fail(Name, $"{shown}; {Mebibytes(StoreClient.ReserveBytes)} MiB are kept free, so nothing new is fetched", "make room there")
            : free < 4 * StoreClient.ReserveBytes || free < total / 50
                ? Check.Warn(Name, $"{shown}", "make room there before the next larger bundle comes")
                : Check.Ok(Name, shown);
    }

    /// <summary>Who may read or write a file of the identity.</summary>
    /// <param name="isSecret">Nobody else may even read it.</param>
    /// <param name="self">The user that asks; root and it may own the file.</param>
    public static Check Guarded(string name, string path, FileStat? stat, bool isSecret, uint self)
    {
        if (stat is null)
        {
            return Check.Fail(name, $"there is no {path}", "carry the folder that 'gitops node add' wrote to this node");
        }

        var open = stat.Mode & (isSecret ? Secret : Foreign);
        return open != 0
                ? Check.Fail(name, $"{path} has mode {Octal(stat.Mode)}: others may {(isSecret ? "read or " : "")}write it", $"chmod {(isSecret ? "0600" : "go-w")} {path}")
            : stat.Owner.User != 0 && stat.Owner.User != self
                ? Check.Fail(name, string.Create(CultureInfo.InvariantCulture, $"{path} belongs to user {stat.Owner.User}, who could change it"), $"chown root {path}")
            : Check.Ok(name, $"{path} is {Octal(stat.Mode)}");
    }

    /// <param name="report">The newest of the running agent; null when none answers.</param>
    /// <param name="holder">Who has the lock of the state directory; null when nobody does.</param>
    public static Check Agent(NodeReport? report, bool answers, string? holder) => (report, answers, holder) switch
    {
        ({ } last, _, _) when last.Phase == NodePhase.Converged => Check.Ok("agent", $"it runs, on generation {last.Generation}, and everything is ready"),
        ({ } last, _, _) => Check.Warn("agent", $"it runs; the node is {last.Phase.ToString().ToLowerInvariant()}", "'gitops-agent why' says what makes it so"),
        (null, true, _) => Check.Note("agent", "it has just started; ask again in a moment"),
        (null, false, { } who) => Check.Fail("agent", $"{who} has the state directory and does not answer", "ask as the user it runs as, or root; restart it when it hangs: workloads go on running"),
        (null, false, null) => Check.Fail("agent", "it does not run", "systemctl start gitops-agent; 'journalctl -u gitops-agent' says why it ended"),
    };

    private static long Mebibytes(long bytes) => bytes >> 20;

    private static string Octal(UnixFileMode mode) => Convert.ToString((int)mode, 8).PadLeft(4, '0');
}
