using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using GitOps.Benchmarks.Agent;
using GitOps.Benchmarks.Convergence;
using GitOps.Benchmarks.Measuring;

namespace GitOps.Benchmarks.Devices;

/// <summary>A real agent with a thousand Modbus devices of ten registers, read each second; then ten of them die.</summary>
internal sealed class DevicesMany : Benchmark
{
    private const int Dead = 10;

    public override string Name => "devices-many";

    public override string Says => "1,000 Modbus devices on one agent: processor time, memory, the rate of each, and what ten dead ones cost the others";

    public override async IAsyncEnumerable<Figure> RunAsync(
        BenchContext bench, string directory, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (count, window) = bench.IsQuick ? (50, TimeSpan.FromSeconds(10)) : (1_000, TimeSpan.FromSeconds(60));
        await using var plcs = new ManyPlcs(count);
        var fleet = new AgentFleet(Files: 1) { Plcs = new PlcFleet(count, plcs.Port) };
        await using var stand = await AgentStand.StartAsync(bench, directory, fleet, [], TimeSpan.FromMinutes(5), cancellationToken);
        await Task.Delay(bench.IsQuick ? TimeSpan.FromSeconds(2) : TimeSpan.FromSeconds(20), cancellationToken);
        var what = string.Create(CultureInfo.InvariantCulture, $"a {AgentProgram.Find().Says} agent, {count:N0} devices × {PlcFleet.Registers} registers each second");

        var (rates, cpu) = await WatchAsync(stand, plcs, window, cancellationToken);
        yield return new Figure(Name, $"{what}: processor time", "% of a core", cpu, null, "", 1);
        yield return new Figure(Name, $"{what}: resident memory", "MB", ProcessTimes.ResidentKiB(stand.Agent.ProcessId) / 1_000 * 1.024, null, "", 1);
        yield return new Figure(Name, $"{what}: requests per device and second", "count", Medians.Of(rates), null, "", count);
        yield return new Figure(Name, $"{what}: requests of the device that is asked least", "count", rates.Min(), null, "", count);

        for (var i = 0; i < Dead; i++)
        {
            plcs.Die(i * count / Dead);
        }

        var (left, _) = await WatchAsync(stand, plcs, window, cancellationToken);
        yield return new Figure(Name, $"with {Dead} of them dead: requests per live device and second", "count", Medians.Of(left), Medians.Of(rates), "before they died", count - Dead);
        yield return new Figure(Name, $"with {Dead} of them dead: requests of the live device that is asked least", "count", left.Min(), rates.Min(), "before they died", count - Dead);
    }

    /// <summary>Requests a second of each live device, and processor time of the agent in percent of a core.</summary>
    private static async Task<(double[] Rates, double Cpu)> WatchAsync(AgentStand stand, ManyPlcs plcs, TimeSpan window, CancellationToken cancellationToken)
    {
        var (before, cpu, began) = (plcs.Counts(), ProcessTimes.Of(stand.Agent.ProcessId), Stopwatch.GetTimestamp());
        await Task.Delay(window, cancellationToken);
        var (after, took) = (plcs.Counts(), Stopwatch.GetElapsedTime(began));
        var rates = Enumerable.Range(0, after.Length).Where(i => !plcs.IsDead(i)).Select(i => (after[i] - before[i]) / took.TotalSeconds).ToArray();
        return (rates, (ProcessTimes.Of(stand.Agent.ProcessId) - cpu) / took * 100);
    }

    /// <summary>Servers of all devices behind one port; a device is known by the address it is asked at.</summary>
    private sealed class ManyPlcs : IAsyncDisposable
    {
        private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        private readonly CancellationTokenSource _stop = new();
        private readonly Dictionary<string, int> _byAddress;
        private readonly bool[] _dead;
        private readonly int[] _counts;
        private readonly Task _accepting;

        public ManyPlcs(int count)
        {
            (_dead, _counts) = (new bool[count], new int[count]);
            _byAddress = Enumerable.Range(0, count).ToDictionary(PlcFleet.Address, i => i, StringComparer.Ordinal);
            _listener.Bind(new IPEndPoint(IPAddress.Any, 0));
            _listener.Listen(1_024);
            _accepting = AcceptAsync();
        }

        public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

        public int[] Counts() => [.. _counts.Select((_, i) => Volatile.Read(ref _counts[i]))];

        public bool IsDead(int device) => Volatile.Read(ref _dead[device]);

        public void Die(int device) => Volatile.Write(ref _dead[device], true);

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _accepting;
            _listener.Dispose();
            _stop.Dispose();
        }

        private async Task AcceptAsync()
        {
            List<Task> serving = [];
            try
            {
                while (true)
                {
                    serving.Add(ServeAsync(await _listener.AcceptAsync(_stop.Token)));
                }
            }
            catch (OperationCanceledException)
            {
                await Task.WhenAll(serving);
            }
        }

        private async Task ServeAsync(Socket socket)
        {
            using var _ = socket;
            socket.NoDelay = true;
            var device = _byAddress.GetValueOrDefault(((IPEndPoint)socket.LocalEndPoint!).Address.ToString(), -1);
            var frame = new byte[12];
            try
            {
                await using var stream = new NetworkStream(socket);
                while (device >= 0 && await stream.ReadAtLeastAsync(frame, frame.Length, throwOnEndOfStream: false, _stop.Token) == frame.Length)
                {
                    Interlocked.Increment(ref _counts[device]);
                    if (!IsDead(device))
                    {
                        await stream.WriteAsync(Answer(frame), _stop.Token);
                    }
                }
            }
            catch (Exception gone) when (gone is OperationCanceledException or IOException)
            {
                // The agent ended, or the measurement did.
            }
        }

        /// <summary>As many zeros as are asked for (Modbus over TCP; function 3).</summary>
        private static byte[] Answer(byte[] request)
        {
            var bytes = request[11] * 2;
            var answer = new byte[9 + bytes];
            request.AsSpan(0, 8).CopyTo(answer);
            BinaryPrimitives.WriteUInt16BigEndian(answer.AsSpan(4), (ushort)(3 + bytes));
            answer[8] = (byte)bytes;
            return answer;
        }
    }
}
