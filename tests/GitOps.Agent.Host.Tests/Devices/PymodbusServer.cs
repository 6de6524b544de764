using System.Globalization;
using System.Net.Sockets;
using GitOps.Platform.Processes;
using GitOps.TestKit;
using GitOps.TestKit.Net;

namespace GitOps.Agent.Host.Tests.Devices;

/// <summary>A Modbus server of the pymodbus project: every register holds 17, every coil is off.</summary>
internal sealed class PymodbusServer : IAsyncDisposable
{
    private const string Script = """
        import sys
        try:
            from pymodbus.server import StartTcpServer
            from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
        except ImportError:
            sys.exit(42)
        bits, words = (lambda: ModbusSequentialDataBlock(0, [0] * 100)), (lambda: ModbusSequentialDataBlock(0, [17] * 100))
        store = ModbusSlaveContext(di=bits(), co=bits(), hr=words(), ir=words(), zero_mode=True)
        StartTcpServer(context=ModbusServerContext(slaves=store, single=True), address=("127.0.0.1", int(sys.argv[1])))
        """;

    private readonly LongProcess _process;

    private PymodbusServer(LongProcess process, int port) => (_process, Port) = (process, port);

    public int Port { get; }

    public static async Task<PymodbusServer> StartAsync(string python, CancellationToken cancellationToken)
    {
        var port = FreePort.Next();
        var process = LongProcess.Start(new Command([python, "-c", Script, port.ToString(CultureInfo.InvariantCulture)]))!;
        var server = new PymodbusServer(process, port);
        await Eventually.BecomesTrue(() => process.HasExited || Accepts(port), cancellationToken: cancellationToken);
        if (process.HasExited)
        {
            var code = await process.WaitForExitAsync(cancellationToken);
            var error = process.Error;
            await server.DisposeAsync();
            NeedsPackage.Missing(code == 42 ? "needs the Debian package python3-pymodbus" : $"pymodbus does not start: {error}");
        }

        return server;
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private static bool Accepts(int port)
    {
        try
        {
            using var probe = new TcpClient("127.0.0.1", port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
