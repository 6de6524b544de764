using System.Globalization;
using System.Text;
using GitOps.Platform.Processes;

namespace GitOps.Agent.Host.Processes;

/// <summary>What the kernel says of processes, and the signals sent to them.</summary>
internal static class ProcessTable
{
    /// <summary>The numbers of signal(7) on x64 and arm64.</summary>
    internal static readonly IReadOnlyDictionary<string, int> Signals = new Dictionary<string, int>(StringComparer.Ordinal)
    {
        ["SIGHUP"] = 1,
        ["SIGINT"] = 2,
        ["SIGQUIT"] = 3,
        ["SIGKILL"] = 9,
        ["SIGUSR1"] = 10,
        ["SIGUSR2"] = 12,
        ["SIGTERM"] = 15,
        ["SIGWINCH"] = 28,
    };

    /// <summary>Random per boot of the kernel: numbers and times of another boot mean nothing.</summary>
    public static string KernelBootId { get; } = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();

    /// <summary>Of the machine, not of this process: comparable between processes of one boot.</summary>
    public static long NowMs => Environment.TickCount64;

    /// <summary>Null when there is no such process, or only its remains.</summary>
    public static ProcessMark? Find(int pid)
    {
        try
        {
            return ParseStat(File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/stat"), Encoding.UTF8)) is { } start
                ? new ProcessMark(pid, start)
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public static bool IsAlive(ProcessMark? mark) => mark is not null && Find(mark.Pid) == mark;

    /// <summary>Field 22, counted from behind the name, which may hold anything; null for a zombie.</summary>
    internal static long? ParseStat(string stat)
    {
        var fields = stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length > 19 && fields[0] is not ("Z" or "X") &&
            long.TryParse(fields[19], NumberStyles.None, CultureInfo.InvariantCulture, out var start) ? start : null;
    }

    /// <summary>Every process that has this line in its environment, as far as this user may look.</summary>
    public static IReadOnlyList<int> FindMarked(string line)
    {
        List<int> found = [];
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) && IsMarked(folder, line))
            {
                found.Add(pid);
            }
        }

        return found;
    }

    private static bool IsMarked(string folder, string line)
    {
        try
        {
            return File.ReadAllText($"{folder}/environ").Split('\0').Contains(line);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // ended meanwhile, or somebody else's
        }
    }

    /// <summary>Signals the group a process leads. That nobody is left in it is fine.</summary>
    public static void SignalGroup(int leader, string signal) => ProcessSignals.Send(-leader, Signals.GetValueOrDefault(signal, 15));

    public static void Signal(int pid, string signal) => ProcessSignals.Send(pid, Signals.GetValueOrDefault(signal, 15));
}
