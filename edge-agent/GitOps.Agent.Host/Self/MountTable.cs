using System.Text;
using GitOps.Platform.Files;

namespace GitOps.Agent.Host.Self;

/// <summary>What <c>/proc/self/mounts</c> says (fstab(5): device, directory, type, options).</summary>
internal static class MountTable
{
    private const int LimitBytes = 4 << 20;

    /// <summary>Whether nothing can be run from there; false when that cannot be found out.</summary>
    public static bool IsNoExec(IFileLayer layer, string path)
    {
        try
        {
            return layer.Read("/proc/self/mounts", LimitBytes) is { } table && IsNoExec(Encoding.UTF8.GetString(table), path);
        }
        catch (FileLayerException)
        {
            return false;
        }
    }

    /// <summary>The mount with the longest directory counts, of two on one directory the later.</summary>
    internal static bool IsNoExec(string table, string path)
    {
        var (longest, isNoExec) = (-1, false);
        foreach (var line in table.Split('\n'))
        {
            if (line.Split(' ') is [_, var escaped, _, var options, ..])
            {
                var directory = escaped.Replace("\\040", " ", StringComparison.Ordinal).TrimEnd('/');
                if (directory.Length >= longest && (path.StartsWith(directory + "/", StringComparison.Ordinal)))
                {
                    (longest, isNoExec) = (directory.Length, options.Split(',').Contains("noexec"));
                }
            }
        }

        return isNoExec;
    }
}
