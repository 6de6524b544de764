using System.Text;

namespace GitOps.Agent.Storage;

/// <summary>One line of <c>/proc/self/mountinfo</c> (proc(5)).</summary>
/// <param name="Source">The device, such as <c>/dev/loop0</c>.</param>
/// <param name="IsReadOnly">The mount, or the file system below it.</param>
public sealed record MountedAt(string Source, bool IsReadOnly)
{
    /// <summary>What is seen at a path: of several mounts there, the last one.</summary>
    /// <returns>Null when the path is no mount point.</returns>
    public static MountedAt? Find(string mountInfo, string path)
    {
        MountedAt? found = null;
        foreach (var line in mountInfo.Split('\n'))
        {
            // 41 26 7:0 / /srv/data rw,nosuid shared:1 - ext4 /dev/loop0 rw; how many fields are before the dash varies.
            var fields = line.Split(' ');
            var dash = Array.IndexOf(fields, "-");
            if (dash >= 6 && fields.Length >= dash + 4 && Unescape(fields[4]) == path)
            {
                found = new MountedAt(Unescape(fields[dash + 2]), IsReadOnlyIn(fields[5]) || IsReadOnlyIn(fields[dash + 3]));
            }
        }

        return found;
    }

    private static bool IsReadOnlyIn(string options) => options.Split(',').Contains("ro");

    /// <summary>Space, tab, newline and backslash are written as <c>\040</c>, three octal digits.</summary>
    private static string Unescape(string field)
    {
        if (!field.Contains('\\', StringComparison.Ordinal))
        {
            return field;
        }

        var text = new StringBuilder(field.Length);
        for (var i = 0; i < field.Length; i++)
        {
            var isEscape = field[i] == '\\' && i + 3 < field.Length && field.AsSpan(i + 1, 3).IndexOfAnyExceptInRange('0', '7') < 0;
            text.Append(isEscape ? (char)(((field[i + 1] - '0') << 6) | ((field[i + 2] - '0') << 3) | (field[i + 3] - '0')) : field[i]);
            i += isEscape ? 3 : 0;
        }

        return text.ToString();
    }
}
