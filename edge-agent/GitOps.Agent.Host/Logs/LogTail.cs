using System.Globalization;

namespace GitOps.Agent.Host.Logs;

/// <summary>The last lines of a log that is rotated: <c>log</c>, before it <c>log.1</c>, before that <c>log.2</c>.</summary>
internal static class LogTail
{
    private const int BlockBytes = 64 * 1024;

    /// <summary>More than this is not read backwards, however few lines it holds.</summary>
    private const long LongestBytes = 64L << 20;

    /// <summary>The pieces that hold the last lines, oldest first, each as a file and the offset it begins at.</summary>
    public static IReadOnlyList<(string Path, long Offset)> Find(string path, int lines)
    {
        List<(string Path, long Offset)> pieces = [];
        var (left, read) = (lines, 0L);
        for (var number = 0; left > 0 && read < LongestBytes; number++)
        {
            var file = number == 0 ? path : string.Create(CultureInfo.InvariantCulture, $"{path}.{number}");
            if (!File.Exists(file))
            {
                break;
            }

            var (offset, found, length) = FromEnd(file, left, isEnd: read == 0);
            pieces.Insert(0, (file, offset));
            (left, read) = (left - found, read + length - offset);
        }

        return pieces;
    }

    /// <summary>Where the last lines of one file begin, and how many begin in it behind a line break: a line may go on in the next file.</summary>
    /// <param name="isEnd">Nothing follows: a final line break ends the last line and begins none.</param>
    private static (long Offset, int Found, long Length) FromEnd(string path, int lines, bool isEnd)
    {
        using var file = Open(path);
        var (length, end, found) = (file.Length, file.Length, 0);
        var buffer = new byte[BlockBytes];
        while (end > 0 && length - end < LongestBytes)
        {
            var size = (int)Math.Min(BlockBytes, end);
            file.Position = end - size;
            file.ReadExactly(buffer, 0, size);
            for (var i = size - 1; i >= 0; i--)
            {
                if (buffer[i] != (byte)'\n' || (isEnd && end - size + i == length - 1))
                {
                    continue;
                }

                if (++found >= lines)
                {
                    return (end - size + i + 1, found, length);
                }
            }

            end -= size;
        }

        return (end, found, length);
    }

    public static FileStream Open(string path) => new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
}
