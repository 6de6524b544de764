using System.Buffers;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using MQTTnet.Channel;

namespace GitOps.Platform.Mqtt;

/// <summary>
/// A connection that can gather packets and write them together: thousands of small values a second cost the sender and the broker a
/// system call for some hundred of them instead of for each. What is gathered stays in order with everything else.
/// </summary>
internal sealed class GatheringChannel(IMqttChannel inner) : IMqttChannel
{
    private const int MostBytes = 64 << 10;

    private readonly ArrayBufferWriter<byte> _gathered = new(4 << 10);
    private readonly SemaphoreSlim _turn = new(1, 1);
    private volatile bool _isGathering;

    /// <summary>While it is set, what is written waits for <see cref="FlushAsync"/>, or for enough to be worth a write; afterwards for the next packet.</summary>
    public bool IsGathering
    {
        get => _isGathering;
        set => _isGathering = value;
    }

    public X509Certificate2 ClientCertificate => inner.ClientCertificate;

    public EndPoint RemoteEndPoint => inner.RemoteEndPoint;

    public EndPoint LocalEndPoint => inner.LocalEndPoint;

    public bool IsSecureConnection => inner.IsSecureConnection;

    /// <summary>Writes what was gathered.</summary>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await WriteGatheredAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    public async Task WriteAsync(ReadOnlySequence<byte> buffer, bool isEndOfPacket, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!_isGathering && _gathered.WrittenCount == 0)
            {
                await inner.WriteAsync(buffer, isEndOfPacket, cancellationToken).ConfigureAwait(false);
                return;
            }

            foreach (var part in buffer)
            {
                _gathered.Write(part.Span);
            }

            if (isEndOfPacket && (!_isGathering || _gathered.WrittenCount >= MostBytes))
            {
                await WriteGatheredAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    public Task ConnectAsync(CancellationToken cancellationToken) => inner.ConnectAsync(cancellationToken);

    public Task DisconnectAsync(CancellationToken cancellationToken) => inner.DisconnectAsync(cancellationToken);

    public Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        inner.ReadAsync(buffer, offset, count, cancellationToken);

    public void Dispose()
    {
        inner.Dispose();
        _turn.Dispose();
    }

    private async Task WriteGatheredAsync(CancellationToken cancellationToken)
    {
        if (_gathered.WrittenCount == 0)
        {
            return;
        }

        try
        {
            await inner.WriteAsync(new ReadOnlySequence<byte>(_gathered.WrittenMemory), isEndOfPacket: true, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            // Part of it may be on its way, and nothing that follows could be told from the rest.
            await inner.DisconnectAsync(CancellationToken.None).ConfigureAwait(false);
            throw;
        }
        finally
        {
            _gathered.ResetWrittenCount();
        }
    }
}
