using System.Globalization;
using System.Runtime.InteropServices;

namespace GitOps.Platform.Processes;

/// <summary>
/// The files that are this process's program: its executable and libraries, as the kernel has mapped them. What only a start needs of them
/// stays resident for ever on a machine that is not short of memory.
/// </summary>
public static partial class MappedFiles
{
    private const int DontNeed = 4; // MADV_DONTNEED of <sys/mman.h>

    /// <summary>
    /// Lets go of every page of them that is as on disk. One that is needed again comes from the page cache, without a read.
    /// </summary>
    /// <remarks>
    /// A page that the process has changed, as relocation does, would be lost: a mapping is left alone when it may be written or has a
    /// single such page in memory or in swap (proc_pid_smaps(5), <c>Anonymous</c> and <c>Swap</c>), or when the kernel does not say.
    /// </remarks>
    public static void Release()
    {
        string[] lines;
        try
        {
            lines = File.ReadAllLines("/proc/self/smaps");
        }
        catch (IOException)
        {
            return; // no such file system here: everything works, with a few pages more
        }

        foreach (var (start, end) in Unchanged(lines))
        {
            _ = Advise(start, end - start, DontNeed);
        }
    }

    /// <summary>The private read-only mappings of files with no page of the process's own, of the text of <c>smaps</c>.</summary>
    internal static IEnumerable<(nuint Start, nuint End)> Unchanged(IEnumerable<string> lines)
    {
        (nuint, nuint)? candidate = null;
        var (isResident, isSwapped) = (true, true); // until both lines were seen
        foreach (var line in lines)
        {
            if (TryMapping(line, out var mapping, out var isFile))
            {
                (candidate, isResident, isSwapped) = (isFile ? mapping : null, true, true);
            }
            else if (IsZero(line, "Anonymous:"))
            {
                isResident = false;
            }
            else if (IsZero(line, "Swap:"))
            {
                isSwapped = false;
            }

            if (candidate is { } found && !isResident && !isSwapped)
            {
                yield return found;
                candidate = null;
            }
        }
    }

    private static bool IsZero(string line, string name) => line.StartsWith(name, StringComparison.Ordinal) && line.AsSpan(name.Length).Trim() is "0 kB";

    /// <summary>"55d0c0000000-55d0c0025000 r-xp 00025000 fe:00 1234   /usr/bin/gitops-agent"; members follow on lines of their own.</summary>
    private static bool TryMapping(string line, out (nuint, nuint) mapping, out bool isFile)
    {
        (mapping, isFile) = (default, false);
        var words = line.Split(' ', 6, StringSplitOptions.RemoveEmptyEntries);
        if (words.Length < 5 || words[0].Split('-') is not [var from, var to] ||
            !nuint.TryParse(from, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var start) ||
            !nuint.TryParse(to, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var end))
        {
            return false;
        }

        mapping = (start, end);
        isFile = words is [_, ['r', '-', _, 'p'], _, _, _, ['/', ..]];
        return true;
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nuint start, nuint length, int advice);
}
