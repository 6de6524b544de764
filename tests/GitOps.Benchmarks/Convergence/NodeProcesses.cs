using System.Globalization;
using GitOps.Platform.Processes;

namespace GitOps.Benchmarks.Convergence;

/// <summary>Processes of one node, found by where they work or what they were started with.</summary>
internal static class NodeProcesses
{
    /// <summary>All of a node whose folders are below this one, its agent included.</summary>
    public static IReadOnlyList<int> Below(string directory) =>
    [
        .. Directory.EnumerateDirectories("/proc")
            .Select(path => int.TryParse(Path.GetFileName(path), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : 0)
            .Where(id => id > 0 && id != Environment.ProcessId && IsBelow(id, directory)),
    ];

    public static void KillBelow(string directory)
    {
        // A shim starts what it holds again, by policy: until nothing is left.
        while (Below(directory) is { Count: > 0 } left)
        {
            foreach (var process in left)
            {
                ProcessSignals.Send(process, ProcessSignals.Kill);
            }
        }
    }

    private static bool IsBelow(int process, string directory)
    {
        try
        {
            var status = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/stat")).Split(')')[^1];
            return status.TrimStart()[0] != 'Z' &&
                (new DirectoryInfo(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/cwd")).LinkTarget?.StartsWith(directory, StringComparison.Ordinal) == true ||
                File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/cmdline")).Contains(directory, StringComparison.Ordinal));
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return false; // it ended meanwhile
        }
    }
}
