using GitOps.Platform.Processes;
using GitOps.TestKit;

namespace GitOps.Agent.Host.Tests.Devices;

/// <summary>
/// Modbus units of the pymodbus project on a serial line: unit 1 holds 17 in every register, unit 2 holds 34, other units
/// stay silent.
/// </summary>
internal sealed class PymodbusSerialServer : IAsyncDisposable
{
    private const string Script = """
        import sys
        try:
            import asyncio
            from pymodbus.server import StartAsyncSerialServer
            from pymodbus.transaction import ModbusRtuFramer
            from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
        except ImportError:
            sys.exit(42)
        def unit(value):
            bits, words = (lambda: ModbusSequentialDataBlock(0, [0] * 200)), (lambda: ModbusSequentialDataBlock(0, [value] * 200))
            return ModbusSlaveContext(di=bits(), co=bits(), hr=words(), ir=words(), zero_mode=True)
        context = ModbusServerContext(slaves={1: unit(17), 2: unit(34)}, single=False)
        async def serve():
            await StartAsyncSerialServer(context=context, framer=ModbusRtuFramer, port=sys.argv[1], baudrate=int(sys.argv[2]),
                                         parity="N", stopbits=1, bytesize=8, timeout=0.01, ignore_missing_slaves=True)
        asyncio.run(serve())
        """;

    private readonly LongProcess _process;

    private PymodbusSerialServer(LongProcess process) => _process = process;

    public static PymodbusSerialServer Start(string path, string baud)
    {
        var python = NeedsPackage.OrSkip("python3-pymodbus", "/usr/bin/python3");
        return new PymodbusSerialServer(LongProcess.Start(new Command([python, "-c", Script, path, baud]))!);
    }

    /// <summary>Skips the test where Python lacks what the server needs.</summary>
    public async Task ThrowIfMissingAsync(CancellationToken cancellationToken)
    {
        if (_process.HasExited)
        {
            var code = await _process.WaitForExitAsync(cancellationToken);
            NeedsPackage.Missing(code == 42 ? "needs the Debian package python3-pymodbus" : $"pymodbus does not start: {_process.Error}");
        }
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
