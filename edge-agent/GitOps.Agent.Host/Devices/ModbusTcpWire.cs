using System.Globalization;
using System.Net.Sockets;
using GitOps.Agent.Devices.Modbus;

namespace GitOps.Agent.Host.Devices;

/// <summary>
/// A TCP connection to one endpoint. An answer that comes too late is known by its transaction id and dropped; a connection
/// whose bytes are no Modbus, or on which two requests in a row got none, is closed.
/// </summary>
internal sealed class ModbusTcpWire(string host, int port, TimeProvider time) : IModbusWire
{
    private readonly byte[] _received = new byte[MbapHeader.Bytes + ModbusPdu.MaxBytes];
    private int _receivedBytes;
    private NetworkStream? _stream;
    private ushort _transaction;
    private int _silences;

    public void Dispose() => Close();

    public async Task<string?> ConnectAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (_stream is not null)
        {
            return null;
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using var limit = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await socket.ConnectAsync(host, port, either.Token);
            _stream = new NetworkStream(socket, ownsSocket: true);
            (_receivedBytes, _silences) = (0, 0);
            return null;
        }
        catch (SocketException failure)
        {
            socket.Dispose();
            return string.Create(CultureInfo.InvariantCulture, $"no connection to {host}:{port}: {failure.SocketErrorCode}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            socket.Dispose();
            return string.Create(CultureInfo.InvariantCulture, $"no connection to {host}:{port} within {timeout.TotalMilliseconds} ms");
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public async Task<ModbusExchange> AskAsync(
        byte unitId, ModbusRequest request, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var transaction = ++_transaction;
        using var limit = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var isSent = false;
        try
        {
            await _stream!.WriteAsync(MbapHeader.Frame(transaction, unitId, ModbusPdu.Encode(request)), either.Token);
            isSent = true;
            while (await ReceiveAsync(either.Token) is var (header, pdu))
            {
                if (header.Transaction == transaction && header.UnitId == unitId)
                {
                    _silences = 0;
                    return new ModbusExchange.Answered(ModbusPdu.Decode(request, pdu));
                }
            }

            return Fail("the device closed the connection, or sent what is no Modbus");
        }
        catch (Exception failure) when (failure is IOException or SocketException)
        {
            return Fail("the connection broke");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            var why = string.Create(CultureInfo.InvariantCulture, $"no answer within {timeout.TotalMilliseconds} ms");
            return ++_silences < 2 && isSent ? new ModbusExchange.NoAnswer(why) : Fail(why);
        }
        catch (OperationCanceledException)
        {
            Close(); // half a request may be on its way
            throw;
        }

        ModbusExchange Fail(string why)
        {
            Close();
            return new ModbusExchange.NoAnswer(why);
        }
    }

    /// <summary>The next frame. What was received of one stays in the buffer when the wait is cancelled. Null: no more, or no Modbus.</summary>
    private async Task<(MbapHeader Header, byte[] Pdu)?> ReceiveAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (_receivedBytes >= MbapHeader.Bytes)
            {
                if (MbapHeader.TryRead(_received) is not { } header)
                {
                    return null;
                }

                var frame = MbapHeader.Bytes + header.PduBytes;
                if (_receivedBytes >= frame)
                {
                    var pdu = _received[MbapHeader.Bytes..frame];
                    _received.AsSpan(frame, _receivedBytes - frame).CopyTo(_received);
                    _receivedBytes -= frame;
                    return (header, pdu);
                }
            }

            var read = await _stream!.ReadAsync(_received.AsMemory(_receivedBytes), cancellationToken);
            if (read == 0)
            {
                return null;
            }

            _receivedBytes += read;
        }
    }

    private void Close()
    {
        _stream?.Dispose();
        _stream = null;
    }
}
