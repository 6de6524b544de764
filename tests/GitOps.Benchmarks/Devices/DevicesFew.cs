using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using GitOps.Benchmarks.Agent;
using GitOps.Benchmarks.Convergence;
using GitOps.Benchmarks.Measuring;
using GitOps.Platform.Sockets;
using GitOps.Simulation.Modbus;
using GitOps.Simulation.Time;

namespace GitOps.Benchmarks.Devices;

/// <summary>What a gateway with a handful of devices takes: five read each second, a clock that is measured, three volumes.</summary>
internal sealed class DevicesFew : Benchmark
{
    private const int Count = 5;

    public override string Name => "devices-few";

    public override string Says => "an agent with 5 Modbus devices each second, a clock and 3 volumes: memory and processor time";

    public override async IAsyncEnumerable<Figure> RunAsync(
        BenchContext bench, string directory, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var plc = new ModbusPlc(process: null, TimeProvider.System);
        await using var server = TcpServer.Listen(new IPEndPoint(IPAddress.Any, 0), 16, plc.ServeAsync);
        await using var clock = new TimeServer();
        var fleet = new AgentFleet(Files: 1, Volumes: 3) { Plcs = new PlcFleet(Count, server.Endpoint.Port), TimePort = clock.Port };
        await using var stand = await AgentStand.StartAsync(bench, directory, fleet, [], TimeSpan.FromMinutes(5), cancellationToken);
        var watched = bench.IsQuick ? TimeSpan.FromSeconds(5) : TimeSpan.FromSeconds(90);
        await Task.Delay(bench.IsQuick ? TimeSpan.FromSeconds(1) : TimeSpan.FromSeconds(30), cancellationToken);
        var agent = stand.Agent.ProcessId;
        var cpu = ProcessTimes.Of(agent);
        await Task.Delay(watched, cancellationToken);
        var what = string.Create(CultureInfo.InvariantCulture, $"a {AgentProgram.Find().Says} agent, {Count} devices each second, a clock, 3 volumes");
        yield return new Figure(Name, $"{what}: resident memory", "MB", ProcessTimes.ResidentKiB(agent) / 1_000 * 1.024, null, "", 1);
        yield return new Figure(Name, $"{what}: processor time", "% of a core", (ProcessTimes.Of(agent) - cpu) / watched * 100, null, "", 1);
    }

    /// <summary>The simulated time server behind a UDP socket.</summary>
    private sealed class TimeServer : IAsyncDisposable
    {
        private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        private readonly CancellationTokenSource _stop = new();
        private readonly Task _serving;

        public TimeServer()
        {
            _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            _serving = ServeAsync(new SntpServer());
        }

        public int Port => ((IPEndPoint)_socket.LocalEndPoint!).Port;

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _serving;
            _socket.Dispose();
            _stop.Dispose();
        }

        private async Task ServeAsync(SntpServer server)
        {
            var buffer = new byte[512];
            try
            {
                while (true)
                {
                    var request = await _socket.ReceiveFromAsync(buffer, SocketFlags.None, new IPEndPoint(IPAddress.Any, 0), _stop.Token);
                    var now = TimeProvider.System.GetUtcNow();
                    if (server.Answer(buffer.AsSpan(0, request.ReceivedBytes), now, TimeProvider.System.GetUtcNow()) is { } answer)
                    {
                        await _socket.SendToAsync(answer, SocketFlags.None, request.RemoteEndPoint, _stop.Token);
                    }
                }
            }
            catch (OperationCanceledException)
            {
                // Disposed: the only way out.
            }
        }
    }
}
