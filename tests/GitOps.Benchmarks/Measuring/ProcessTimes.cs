using System.Globalization;

namespace GitOps.Benchmarks.Measuring;

/// <summary>What the kernel counts for processes, from /proc (proc(5)).</summary>
internal static class ProcessTimes
{
    /// <summary>The kernel tells times of /proc/PID/stat in 1/100 s on every Linux there is for x64 and arm64 (USER_HZ).</summary>
    private const double TickMs = 10;

    /// <summary>Processor time of this process.</summary>
    public static TimeSpan Own() => Environment.CpuUsage.TotalTime;

    /// <summary>Processor time of processes this one started and waited for, in steps of 10 ms.</summary>
    public static TimeSpan Children()
    {
        // The second field is the program's name in parentheses and may hold spaces: count from its end.
        var fields = File.ReadAllText("/proc/self/stat").Split(')')[^1].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return TimeSpan.FromMilliseconds((Parse(fields[13]) + Parse(fields[14])) * TickMs);
    }

    public static TimeSpan OwnAndChildren() => Own() + Children();

    /// <summary>Of another process: processor time in 1/100 s steps.</summary>
    public static TimeSpan Of(int process)
    {
        var fields = File.ReadAllText($"/proc/{Text(process)}/stat").Split(')')[^1].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return TimeSpan.FromMilliseconds((Parse(fields[11]) + Parse(fields[12])) * TickMs);
    }

    /// <summary>Bytes the process had the file system write to disk, those taken back before they were written not counted out.</summary>
    public static long WrittenBytes(int process) => Line($"/proc/{Text(process)}/io", "write_bytes:");

    /// <summary>Resident memory now.</summary>
    public static double ResidentKiB(int process) => Line($"/proc/{Text(process)}/status", "VmRSS:");

    /// <summary>Of the resident memory what is no file's.</summary>
    public static double AnonymousKiB(int process) => Line($"/proc/{Text(process)}/status", "RssAnon:");

    /// <summary>Resident memory, of what several processes share only this one's part.</summary>
    public static double ProportionalKiB(int process) => Line($"/proc/{Text(process)}/smaps_rollup", "Pss:");

    /// <summary>The most resident memory there ever was.</summary>
    public static double PeakKiB(int process) => Line($"/proc/{Text(process)}/status", "VmHWM:");

    private static long Line(string path, string key) => Parse(
        File.ReadLines(path).First(line => line.StartsWith(key, StringComparison.Ordinal))[key.Length..].Replace("kB", "", StringComparison.Ordinal));

    private static long Parse(string text) => long.Parse(text, NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture);

    private static string Text(int process) => process.ToString(CultureInfo.InvariantCulture);
}
