using System.Globalization;
using System.Text;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;

namespace GitOps.Agent.Host.Processes;

/// <summary>Where in a rotated log a run begins.</summary>
/// <param name="Inode">Of the file it began in, which may have another name by now.</param>
internal sealed record LogMark(ulong Inode, long From);

/// <summary>Looks for texts in what one run has written, each byte once. Used by one probe at a time; thread-safe.</summary>
/// <param name="path">The newest file; older ones are <c>path.1</c>, <c>path.2</c>, ….</param>
/// <param name="mark">Null: the run is one of an older release, and all there is counts.</param>
internal sealed class LogSearch(string path, LogMark? mark) : ILogSearch
{
    private const int LongestLine = 64 * 1024;
    private readonly Dictionary<string, Position> _positions = [];
    private readonly Lock _lock = new();

    public string? Find(LogProbe probe)
    {
        lock (_lock)
        {
            if (!_positions.TryGetValue(probe.Contains, out var position))
            {
                position = _positions[probe.Contains] = new Position();
            }

            position.IsFound = position.IsFound || Look(position, probe.Contains);
            return position.IsFound ? null : $"no line of its log has '{probe.Contains}' yet";
        }
    }

    private bool Look(Position position, string text)
    {
        try
        {
            foreach (var (file, inode) in FilesSince(position.Inode ?? mark?.Inode))
            {
                var from = inode == position.Inode ? position.At : inode == mark?.Inode && position.Inode is null ? mark.From : 0;
                using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                stream.Seek(Math.Min(from, stream.Length), SeekOrigin.Begin);
                using var reader = new StreamReader(stream, Encoding.UTF8);
                (position.Inode, position.At) = (inode, stream.Length);
                if (Has(reader, position, text))
                {
                    return true;
                }
            }
        }
        catch (IOException)
        {
            // Rotated away meanwhile, or the disk fails: it is looked at again.
        }

        return false;
    }

    /// <summary>A text may be cut by where the last look ended: so many characters of that are looked at again.</summary>
    private static bool Has(StreamReader reader, Position position, string text)
    {
        var buffer = new char[LongestLine];
        int length;
        while ((length = reader.ReadBlock(buffer, 0, buffer.Length)) > 0)
        {
            var seen = position.Rest + new string(buffer, 0, length);
            if (seen.Contains(text, StringComparison.Ordinal))
            {
                return true;
            }

            position.Rest = seen[^Math.Min(seen.Length, text.Length - 1)..];
        }

        return false;
    }

    /// <summary>The files from the one with this inode to the newest; all where it is not known or gone.</summary>
    private List<(string File, ulong Inode)> FilesSince(ulong? first)
    {
        List<(string File, ulong Inode)> files = [];
        for (var number = 0; ; number++)
        {
            var file = number == 0 ? path : string.Create(CultureInfo.InvariantCulture, $"{path}.{number}");
            if (DiskFileLayer.Host.Stat(file) is not { } stat)
            {
                break;
            }

            files.Insert(0, (file, stat.Inode));
            if (stat.Inode == first)
            {
                break;
            }
        }

        return files;
    }

    private sealed class Position
    {
        public bool IsFound { get; set; }

        public ulong? Inode { get; set; }

        public long At { get; set; }

        public string Rest { get; set; } = "";
    }
}
