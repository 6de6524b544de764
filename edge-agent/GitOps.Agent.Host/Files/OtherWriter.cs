using System.Globalization;
using GitOps.Platform.Files;

namespace GitOps.Agent.Host.Files;

/// <summary>
/// Who wrote a file that the agent did not write so, as far as the node can tell: when, as whom it belongs to, and which
/// processes have it open. Most writers are gone by then; a look at it costs a walk through /proc.
/// </summary>
internal static class OtherWriter
{
    private const int MostNamed = 3;

    public static string Describe(string path, FileStat stat, UserTable users)
    {
        var at = stat.ModifiedAt.UtcDateTime.ToString("u", CultureInfo.InvariantCulture);
        var who = $"it was written at {at} and belongs to {users.UserName(stat.Owner.User)}";
        var open = HoldersOf(path).Take(MostNamed).ToList();
        return open.Count == 0 ? who : $"{who}; {string.Join(", ", open)} has it open";
    }

    private static IEnumerable<string> HoldersOf(string path) =>
        from folder in Directory.EnumerateDirectories("/proc")
        let pid = int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0
        where pid > 0 && pid != Environment.ProcessId && HasOpen(folder, path)
        select string.Create(CultureInfo.InvariantCulture, $"{NameOf(folder)} (process {pid})");

    private static bool HasOpen(string folder, string path)
    {
        try
        {
            return Directory.EnumerateFileSystemEntries($"{folder}/fd").Any(entry => new FileInfo(entry).LinkTarget == path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // ended meanwhile, or somebody else's
        }
    }

    private static string NameOf(string folder)
    {
        try
        {
            return File.ReadAllText($"{folder}/comm").Trim();
        }
        catch (IOException)
        {
            return "a process that ended";
        }
    }
}
