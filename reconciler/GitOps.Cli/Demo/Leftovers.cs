using System.Diagnostics;

namespace GitOps.Cli.Demo;

/// <summary>Finds what runs out of a folder, so that the demo leaves no process behind.</summary>
internal static class Leftovers
{
    /// <summary>
    /// Kills every process whose command line or working directory is below the folder, until there is none; workloads are
    /// nobody's children once their agent is gone. Returns how many were killed.
    /// </summary>
    public static int KillBelow(string folder)
    {
        var killed = 0;
        for (var round = 0; round < 20; round++)
        {
            var found = Below(folder).ToList();
            if (found.Count == 0)
            {
                break;
            }

            foreach (var process in found)
            {
                using (process)
                {
                    try
                    {
                        process.Kill();
                        process.WaitForExit(TimeSpan.FromSeconds(1));
                        killed++;
                    }
                    catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
                    {
                        // It was gone already.
                    }
                }
            }
        }

        return killed;
    }

    public static IEnumerable<Process> Below(string folder)
    {
        foreach (var process in Process.GetProcesses())
        {
            if (process.Id != Environment.ProcessId && Belongs(process.Id, folder))
            {
                yield return process;
            }
            else
            {
                process.Dispose();
            }
        }
    }

    private static bool Belongs(int id, string folder)
    {
        try
        {
            return File.ReadAllText($"/proc/{id}/cmdline").Contains(folder, StringComparison.Ordinal) ||
                new DirectoryInfo($"/proc/{id}/cwd").LinkTarget?.StartsWith(folder, StringComparison.Ordinal) == true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // ended in between, or another user's
        }
    }
}
