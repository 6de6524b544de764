using System.Diagnostics;
using GitOps.Platform.Processes;
using GitOps.TestKit;

namespace GitOps.EndToEnd.Tests.Fleet;

/// <summary>What runs out of a folder: agents, shims, and workloads that are nobody's children any more.</summary>
internal static class Running
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    /// <summary>Ids of processes whose command line names something below the folder, or that work there.</summary>
    public static IReadOnlyList<int> Below(string folder) =>
    [
        .. from entry in Directory.EnumerateDirectories("/proc")
           let id = int.TryParse(Path.GetFileName(entry), out var number) ? number : 0
           where id > 0 && id != Environment.ProcessId && Belongs(id, folder)
           select id,
    ];

    /// <summary>Kills all of it as a power cut does, until nothing is left: what is killed may be starting something just now.</summary>
    public static Task KillBelowAsync(string folder) => Eventually.BecomesTrue(
        () =>
        {
            var found = Below(folder);
            foreach (var id in found)
            {
                Kill(id);
            }

            return found.Count == 0;
        },
        Limit,
        what: $"nothing runs below {folder}");

    /// <summary>SIGKILL, if it is still there.</summary>
    public static void Kill(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            process.Kill();
        }
        catch (Exception gone) when (gone is ArgumentException or InvalidOperationException)
        {
            // It ended by itself.
        }
    }

    /// <summary>Runs a program to its end.</summary>
    public static async Task<CommandResult> RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var result = await new CommandRunner(TimeProvider.System).RunAsync(new Command(arguments), cancellationToken);
        RunLog.Keep(arguments, result);
        return result;
    }

    private static bool Belongs(int id, string folder)
    {
        try
        {
            return File.ReadAllText($"/proc/{id}/cmdline").Contains($"{folder}/", StringComparison.Ordinal) ||
                $"{new DirectoryInfo($"/proc/{id}/cwd").LinkTarget}/".StartsWith($"{folder}/", StringComparison.Ordinal);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return false; // ended meanwhile
        }
    }
}
