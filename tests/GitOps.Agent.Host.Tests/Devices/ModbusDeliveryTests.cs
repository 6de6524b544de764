using CsCheck;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;
using GitOps.Simulation.Modbus;
using GitOps.TestKit;
using GitOps.TestKit.Net;

namespace GitOps.Agent.Host.Tests.Devices;

/// <summary>
/// The real connector and a PLC with a network between them that loses three exchanges in ten, requests as well as answers,
/// and cuts connections, while the agent restarts: each version reaches the register once and is reported as it is.
/// </summary>
public sealed class ModbusDeliveryTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public Task Every_version_reaches_the_register_once_whatever_the_network_loses() => Gen.Int[0, 1_000_000].SampleAsync(async seed =>
    {
        var luck = new Luck(seed);
        var plc = new ModbusPlc(process: null, TimeProvider.System);
        await using var server = DeviceRig.Serve(plc);
        await using var proxy = new FaultProxy(server.Endpoint.Port) { Loses = () => luck.Strikes(16) };
        await using var rig = new DeviceRig(time: new FastTime(10));
        Unit? before = null;
        for (var version = 1; version <= 5; version++)
        {
            var (written, unit) = (plc.Writes, Plc(proxy.Port, 70 + version));
            await rig.DeliverAsync(unit, before, restarts: () => luck.Strikes(1), cuts: () => CutSometimes(proxy, luck), Stop);

            Assert.Equal(70f + version, plc.Look(memory => PlcMemory.ReadSingle(memory.Holdings, 0)));
            Assert.Equal(written + 1, plc.Writes);
            Assert.Equal(PropertyPhase.Applied, rig.Report("plc-1", "setpoint").State);
            before = unit;
        }
    }, iter: 2, threads: 1);

    private static void CutSometimes(FaultProxy proxy, Luck luck)
    {
        if (luck.Strikes(1))
        {
            proxy.Cut();
        }
    }

    private static Unit Plc(int port, decimal setpoint)
    {
        var unit = DeviceRig.Device(port, 1, "plc-1", DeviceRig.Setpoint(new DesiredValue(DeviceRig.Number(setpoint))) with { PollMs = 200 });
        var spec = (DeviceSpec)unit.Spec;
        return unit with { Spec = spec with { Connection = spec.Connection with { TimeoutMs = 3_000 } } };
    }

    /// <summary>Asked from several threads; the same seed is the same luck for the same questions.</summary>
    private sealed class Luck(int seed)
    {
        private readonly Lock _lock = new();
        private readonly Random _random = new(seed);

        public bool Strikes(int percent)
        {
            lock (_lock)
            {
                return _random.Next(100) < percent;
            }
        }
    }
}
