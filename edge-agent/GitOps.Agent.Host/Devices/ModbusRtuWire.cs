using System.Diagnostics;
using System.Globalization;
using GitOps.Agent.Devices.Modbus;
using GitOps.Platform.Serial;

namespace GitOps.Agent.Host.Devices;

/// <summary>
/// A serial line as its master: MODBUS over Serial Line V1.02 §2.4. Before a request the line is silent; what came in until
/// then is an answer to nobody and dropped. An answer of another unit is one that came late, and dropped as well. A read
/// whose answer is garbled is asked once more: noise is part of such lines.
/// </summary>
/// <remarks>Waiting for a port blocks a thread, so that each exchange has one of its own; at these rates it costs nothing.</remarks>
internal sealed class ModbusRtuWire(string path, SerialSettings settings) : IModbusWire
{
    private static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(50);

    private SerialPort? _port;

    public Task<string?> ConnectAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        try
        {
            _port ??= SerialPort.Open(path, settings);
            return Task.FromResult<string?>(null);
        }
        catch (SerialPortException failure)
        {
            return Task.FromResult<string?>(failure.Message);
        }
    }

    public Task<ModbusExchange> AskAsync(byte unitId, ModbusRequest request, TimeSpan timeout, CancellationToken cancellationToken) =>
        Task.Factory.StartNew(() => Ask(unitId, request, timeout, cancellationToken),
            cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    public void Dispose() => Close();

    private ModbusExchange Ask(byte unitId, ModbusRequest request, TimeSpan timeout, CancellationToken cancellationToken)
    {
        try
        {
            return AskOnce(unitId, request, timeout, cancellationToken) ?? (request is ModbusRequest.Read
                ? AskOnce(unitId, request, timeout, cancellationToken)
                : null) ?? new ModbusExchange.NoAnswer("the check sum of its answer is wrong");
        }
        catch (SerialPortException failure)
        {
            Close();
            return new ModbusExchange.NoAnswer(failure.Message);
        }
    }

    /// <summary>Null: the answer is garbled.</summary>
    private ModbusExchange? AskOnce(byte unitId, ModbusRequest request, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (!UntilSilent(timeout, cancellationToken))
        {
            return new ModbusExchange.NotSent($"{path} is never silent: is there another master, or another rate?");
        }

        var frame = RtuFrame.Of(unitId, ModbusPdu.Encode(request));
        _port!.Send(frame, timeout + RtuTiming.Transmission(frame.Length, settings.Baud));
        var received = new byte[RtuFrame.MaxBytes];
        var length = 0;
        var (watch, limit) = (Stopwatch.StartNew(), timeout + RtuTiming.Transmission(RtuFrame.Length(request, []), settings.Baud));
        while (watch.Elapsed < limit)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var left = limit - watch.Elapsed;
            length += _port.Receive(received.AsSpan(length), left < Slice ? left : Slice);
            var expected = RtuFrame.Length(request, received.AsSpan(0, length));
            if (length >= RtuFrame.LeastBytes && received[0] == unitId && length >= expected)
            {
                return length == expected && RtuFrame.TryRead(received.AsSpan(0, expected)) is var (_, pdu)
                    ? new ModbusExchange.Answered(ModbusPdu.Decode(request, pdu))
                    : null;
            }

            if (length > 0 && received[0] != unitId && UntilSilent(limit - watch.Elapsed, cancellationToken))
            {
                length = 0;
            }
        }

        return length > 0 ? null : new ModbusExchange.NoAnswer(
            string.Create(CultureInfo.InvariantCulture, $"no answer within {timeout.TotalMilliseconds} ms"));
    }

    /// <summary>Drops what comes in until nothing does for the time that ends a frame.</summary>
    private bool UntilSilent(TimeSpan limit, CancellationToken cancellationToken)
    {
        var (watch, dropped) = (Stopwatch.StartNew(), new byte[RtuFrame.MaxBytes]);
        do
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (_port!.Receive(dropped, RtuTiming.Silence(settings.Baud)) == 0)
            {
                return true;
            }
        }
        while (watch.Elapsed < limit);

        return false;
    }

    private void Close()
    {
        _port?.Dispose();
        _port = null;
    }
}
