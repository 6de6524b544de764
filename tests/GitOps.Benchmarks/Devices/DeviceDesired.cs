using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using GitOps.Benchmarks.Agent;
using GitOps.Benchmarks.Measuring;
using GitOps.Platform.Sockets;
using GitOps.Simulation.Modbus;

namespace GitOps.Benchmarks.Devices;

/// <summary>From the moment the control plane has published a desired value until a real agent has written it to a PLC and read it back.</summary>
internal sealed class DeviceDesired : Benchmark
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(2);

    public override string Name => "device-desired";

    public override string Says => "from published to written and read back: a desired value of a Modbus device";

    public override async IAsyncEnumerable<Figure> RunAsync(
        BenchContext bench, string directory, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (runs, warm) = (bench.RunsOr(100), 5);
        var plc = new ModbusPlc(process: null, TimeProvider.System);
        await using var server = TcpServer.Listen(new IPEndPoint(IPAddress.Any, 0), 8, plc.ServeAsync);
        var fleet = new AgentFleet(Files: 1) { Plcs = new PlcFleet(1, server.Endpoint.Port) };
        await using var stand = await AgentStand.StartAsync(
            bench, directory, fleet, Enumerable.Range(1, runs + warm).Select(fleet.Plcs.Desired), TimeSpan.FromMinutes(5), cancellationToken);
        List<double> written = [], applied = [];
        for (var commit = 1; commit <= runs + warm; commit++)
        {
            await stand.Repository.PushAsync(commit, cancellationToken);
            _ = await stand.ControlPlane.Api.SyncAsync(cancellationToken);
            var opened = await stand.Published.OfAsync(stand.Repository.Commits[commit]).WaitAsync(cancellationToken);
            var value = PlcFleet.ValueOf(commit);
            var inRegister = await WhenAsync(() => Task.FromResult(plc.Look(memory => memory.Holdings[0]) == value), opened, cancellationToken);
            var readBack = await WhenAsync(() => IsAppliedAsync(stand.Agent.Socket, value, cancellationToken), opened, cancellationToken);
            if (commit > warm)
            {
                written.Add(inRegister);
                applied.Add(readBack);
            }
        }

        yield return new Figure(Name, "published to the register: half of them", "ms", Medians.Share(written, 0.5), null, "", runs);
        yield return new Figure(Name, "published to the register: 95 of 100", "ms", Medians.Share(written, 0.95), null, "", runs);
        yield return new Figure(Name, "published to read back and applied: half of them", "ms", Medians.Share(applied, 0.5), null, "", runs);
        yield return new Figure(Name, "published to read back and applied: 95 of 100", "ms", Medians.Share(applied, 0.95), null, "", runs);
    }

    /// <summary>Asked every 2 ms, so no figure is more exact than that.</summary>
    private static async Task<double> WhenAsync(Func<Task<bool>> isSo, long since, CancellationToken cancellationToken)
    {
        while (!await isSo())
        {
            if (Stopwatch.GetElapsedTime(since) > Limit)
            {
                throw new TimeoutException("the desired value did not arrive within a minute");
            }

            await Task.Delay(Step, cancellationToken);
        }

        return Stopwatch.GetElapsedTime(since).TotalMilliseconds;
    }

    private static async Task<bool> IsAppliedAsync(string socket, int value, CancellationToken cancellationToken)
    {
        using var status = await AgentSocket.AskAsync(socket, "status", cancellationToken);
        if (status is null || !status.RootElement.TryGetProperty("report", out var report) || !report.TryGetProperty("devices", out var devices))
        {
            return false;
        }

        var setpoint = devices[0].GetProperty("properties").EnumerateArray().Single(property => property.GetProperty("name").GetString() == PlcFleet.Written);
        var text = value.ToString(CultureInfo.InvariantCulture);
        return setpoint.TryGetProperty("reported", out var reported) && reported.GetRawText().Trim('"') == text &&
               setpoint.GetProperty("desired").GetRawText().Trim('"') == text && setpoint.GetProperty("state").GetString() == "applied";
    }
}
