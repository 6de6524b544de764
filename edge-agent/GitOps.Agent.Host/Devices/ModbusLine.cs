using GitOps.Agent.Devices.Modbus;

namespace GitOps.Agent.Host.Devices;

/// <summary>What became of one request.</summary>
internal abstract record ModbusExchange
{
    private ModbusExchange() { } // closed: every case is in this file

    public sealed record Answered(ModbusResponse Response) : ModbusExchange;

    public sealed record NotSent(string Why) : ModbusExchange;

    public sealed record NoAnswer(string Why) : ModbusExchange;
}

/// <summary>What carries requests. Used by one caller at a time; what the world does is an answer, only cancellation throws.</summary>
internal interface IModbusWire : IDisposable
{
    /// <returns>Why there is no connection, or null.</returns>
    Task<string?> ConnectAsync(TimeSpan timeout, CancellationToken cancellationToken);

    /// <summary>Asks over the connection that there is.</summary>
    Task<ModbusExchange> AskAsync(byte unitId, ModbusRequest request, TimeSpan timeout, CancellationToken cancellationToken);
}

/// <summary>
/// What the units behind one endpoint share: one request at a time, as many controllers can do no more and a serial line
/// none. Connects when needed. Units that do not answer get little of it (<see cref="LineShare"/>).
/// </summary>
internal sealed class ModbusLine(IModbusWire wire, TimeProvider time) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly LineShare _share = new();
    private readonly long _start = time.GetTimestamp();

    /// <summary>How many devices use it; changed under the lock of <see cref="ModbusLines"/>.</summary>
    public int Users { get; set; }

    public async Task<string?> OpenAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            return await wire.ConnectAsync(timeout, cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    public async Task<ModbusExchange> ExchangeAsync(
        byte unitId, ModbusRequest request, TimeSpan timeout, CancellationToken cancellationToken)
    {
        while (true)
        {
            await _turn.WaitAsync(cancellationToken);
            TimeSpan wait;
            try
            {
                wait = _share.Wait(unitId, time.GetElapsedTime(_start));
                if (wait == TimeSpan.Zero)
                {
                    return await AskAsync(unitId, request, timeout, cancellationToken);
                }
            }
            finally
            {
                _turn.Release();
            }

            await Task.Delay(wait, time, cancellationToken); // others that were silent too may be first: then it waits again
        }
    }

    /// <summary>Forgets a unit that nobody asks any more.</summary>
    public async Task ForgetAsync(byte unitId)
    {
        await _turn.WaitAsync();
        _share.Forget(unitId);
        _turn.Release();
    }

    /// <summary>The turn stays usable: a device that was let go at the same moment may still have to be forgotten.</summary>
    public void Dispose() => wire.Dispose();

    private async Task<ModbusExchange> AskAsync(byte unitId, ModbusRequest request, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (await wire.ConnectAsync(timeout, cancellationToken) is { } why)
        {
            return new ModbusExchange.NotSent(why);
        }

        var began = time.GetElapsedTime(_start);
        var exchange = await wire.AskAsync(unitId, request, timeout, cancellationToken);
        _share.Note(unitId, IsAnswered(exchange), began, time.GetElapsedTime(_start));
        return exchange;
    }

    private static bool IsAnswered(ModbusExchange exchange) =>
        exchange is ModbusExchange.Answered(var response) && response is not (ModbusResponse.Malformed or ModbusResponse.Refused({ IsAway: true }));
}
