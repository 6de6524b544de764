using System.Buffers;
using System.Text;

namespace GitOps.Platform.Processes;

/// <summary>Reads a pipe to its end and keeps the first bytes: a writer is never blocked by our limit.</summary>
internal sealed class BoundedText(int limitBytes)
{
    private readonly ArrayBufferWriter<byte> _kept = new();

    private const int LongestLine = 64 * 1024;
    private readonly List<byte> _line = [];

    public bool IsCut { get; private set; }

    /// <summary>Told of every whole line, also of those beyond the limit.</summary>
    public Action<string>? Line { get; set; }

    public async Task ReadAsync(Stream pipe, CancellationToken cancellationToken)
    {
        var buffer = new byte[16 * 1024];
        int length;
        while ((length = await pipe.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
        {
            Tell(buffer.AsSpan(0, length));
            lock (_kept)
            {
                var room = Math.Min(length, limitBytes - _kept.WrittenCount);
                _kept.Write(buffer.AsSpan(0, room));
                IsCut |= room < length;
            }
        }
    }

    private void Tell(ReadOnlySpan<byte> bytes)
    {
        if (Line is not { } line)
        {
            return;
        }

        foreach (var one in bytes)
        {
            if (one == (byte)'\n' || _line.Count == LongestLine)
            {
                line(Encoding.UTF8.GetString([.. _line]));
                _line.Clear();
            }
            else
            {
                _line.Add(one);
            }
        }
    }

    public override string ToString()
    {
        lock (_kept)
        {
            return Encoding.UTF8.GetString(_kept.WrittenSpan);
        }
    }
}
