using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using GitOps.Agent.Host.Devices;
using GitOps.Benchmarks.Measuring;
using GitOps.Bundles.Units;
using GitOps.Platform.Sockets;
using GitOps.Simulation.Modbus;

namespace GitOps.Benchmarks.Devices;

/// <summary>What the connector adds to a Modbus read: the same request over a bare socket is the floor.</summary>
internal sealed class DeviceRead : Benchmark
{
    private const int Registers = 10;

    public override string Name => "device-read";

    public override string Says => "one Modbus read of 10 registers, beside the same bytes over a bare socket";

    public override async IAsyncEnumerable<Figure> RunAsync(
        BenchContext bench, string directory, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (runs, reads) = (bench.RunsOr(9), bench.IsQuick ? 200 : 5_000);
        var plc = new ModbusPlc(process: null, TimeProvider.System);
        await using var server = TcpServer.Listen(new IPEndPoint(IPAddress.Loopback, 0), 8, plc.ServeAsync);
        var connection = new DeviceConnection { Host = "127.0.0.1", Port = server.Endpoint.Port, TimeoutMs = 5_000 };
        var properties = Enumerable.Range(0, Registers)
            .Select(i => new DeviceProperty { Name = $"p{i}", Type = DeviceValueType.UInt16, Register = new ModbusRegister(ModbusTable.Holding, i) }).ToList();
        await using var connector = new ModbusConnector(connection, reads: null, new ModbusLines(TimeProvider.System), TimeProvider.System);
        if (await connector.OpenAsync(cancellationToken) is { } why)
        {
            throw new InvalidOperationException(why);
        }

        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server.Endpoint, cancellationToken);
        var (measured, floor) = await Clocked.BesideAsync(runs, _ => Task.CompletedTask, ReadAsync, AskAsync);
        yield return new Figure(Name, $"one read of {Registers} registers", "µs", measured.WallMs / reads * 1_000, floor.WallMs / reads * 1_000,
            "the same bytes over a bare socket", runs);
        yield return new Figure(Name, $"one read of {Registers} registers, both ends", "µs cpu", measured.CpuMs / reads * 1_000, floor.CpuMs / reads * 1_000,
            "the same bytes over a bare socket", runs);

        async Task ReadAsync()
        {
            for (var i = 0; i < reads; i++)
            {
                if (await connector.ReadAsync(properties, cancellationToken) is not ReadAnswer.Read { Properties.Count: Registers })
                {
                    throw new InvalidOperationException("a read was not answered");
                }
            }
        }

        async Task AskAsync()
        {
            byte[] request = [0, 1, 0, 0, 0, 6, 1, 3, 0, 0, 0, Registers];
            var answer = new byte[9 + (2 * Registers)];
            for (var i = 0; i < reads; i++)
            {
                await socket.SendAsync(request, cancellationToken);
                for (var have = 0; have < answer.Length;)
                {
                    var got = await socket.ReceiveAsync(answer.AsMemory(have), cancellationToken);
                    have += got > 0 ? got : throw new InvalidOperationException("the server closed the connection");
                }
            }
        }
    }
}
