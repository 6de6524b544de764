using System.Buffers;
using System.Text;

namespace GitOps.Platform.Processes;

/// <summary>Reads a pipe to its end and keeps the first bytes: a writer is never blocked by our limit.</summary>
internal sealed class BoundedText(int limitBytes)
{
    private readonly ArrayBufferWriter<byte> _kept = new();

    public bool IsCut { get; private set; }

    public async Task ReadAsync(Stream pipe, CancellationToken cancellationToken)
    {
        var buffer = new byte[16 * 1024];
        int length;
        while ((length = await pipe.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
        {
            lock (_kept)
            {
                var room = Math.Min(length, limitBytes - _kept.WrittenCount);
                _kept.Write(buffer.AsSpan(0, room));
                IsCut |= room < length;
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
