using System.Buffers.Binary;
using System.Text;

namespace GitOps.Agent.Host.Containers;

/// <summary>
/// Reads a container's log as the engine sends it: frames of 8 bytes (stream, three zeros, length, big-endian) and text;
/// plain text where the container has a terminal. Keeps the newest bytes up to its limit.
/// </summary>
internal sealed class LogFrames(int limitBytes)
{
    private readonly List<byte> _text = [];
    private readonly List<byte> _raw = [];

    public bool Take(ReadOnlyMemory<byte> piece)
    {
        _raw.AddRange(piece.Span);
        var raw = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_raw);
        var at = 0;
        while (raw.Length - at >= 8 && raw[at] <= 2 && raw[(at + 1)..(at + 4)].IndexOfAnyExcept((byte)0) < 0)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(raw[(at + 4)..]);
            if (length < 0 || length > raw.Length - at - 8)
            {
                break;
            }

            _text.AddRange(raw.Slice(at + 8, length));
            at += 8 + length;
        }

        var isPlain = raw.Length - at >= 8 && (raw[at] > 2 || raw[(at + 1)..(at + 4)].IndexOfAnyExcept((byte)0) >= 0);
        if (isPlain)
        {
            _text.AddRange(raw[at..]);
            at = raw.Length;
        }

        _raw.RemoveRange(0, at);
        if (_text.Count > limitBytes)
        {
            _text.RemoveRange(0, _text.Count - limitBytes);
        }

        return _raw.Count <= limitBytes + 8;
    }

    /// <summary>The last lines, oldest first, without control characters.</summary>
    public IReadOnlyList<string> Lines(int most)
    {
        var text = Encoding.UTF8.GetString(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_text));
        return [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).TakeLast(most).Select(Clean)];
    }

    /// <summary>Hands over the lines that are whole, oldest first, and forgets them.</summary>
    public void TakeWholeLines(Action<string> take)
    {
        var end = _text.LastIndexOf((byte)'\n');
        if (end >= 0)
        {
            var text = Encoding.UTF8.GetString(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_text)[..end]);
            foreach (var line in text.Split('\n'))
            {
                take(Clean(line));
            }

            _text.RemoveRange(0, end + 1);
        }
    }

    private static string Clean(string line) => string.Concat(line.Select(c => char.IsControl(c) && c != '\t' ? ' ' : c)).TrimEnd();
}
