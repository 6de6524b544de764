using GitOps.Agent.Planning;
using GitOps.Bundles;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;
using GitOps.Platform.Processes;
using GitOps.Platform.Serial;
using GitOps.TestKit;

namespace GitOps.Agent.Host.Tests.Devices;

/// <summary>Units on a serial line, served by pymodbus over a pseudo-terminal and looked at with mbpoll.</summary>
[Trait("needs", "python3-pymodbus")]
public sealed class ModbusRtuTests
{
    private const string Baud = "19200";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Units_of_one_line_are_read_and_written_and_another_master_sees_it()
    {
        await using var cable = await SerialCable.StartAsync(Stop);
        await using var server = PymodbusSerialServer.Start(cable.Far, Baud);
        await using (var rig = new DeviceRig())
        {
            var (first, second) = (Unit(cable.Near, 1, Seventy), Unit(cable.Near, 2, null));
            await rig.Runner.UntilReadyAsync(first, Stop);
            await server.ThrowIfMissingAsync(Stop);
            await rig.Runner.UntilReadyAsync(second, Stop);

            Assert.Equal(PropertyPhase.Applied, rig.Report("meter-1", "setpoint").State);
            Assert.Equal((DeviceRig.Number(17), DeviceRig.Number(34)), (rig.Report("meter-1", "count").Reported, rig.Report("meter-2", "count").Reported));
            Assert.Equal(new DeviceValue.Boolean(false), rig.Report("meter-2", "valve").Reported);
        }

        // 70.5 as float32 is 428D 0000; mbpoll counts registers from 1. What the server still says to the agent, which left, garbles the first answer.
        var mbpoll = new Command([NeedsPackage.OrSkip("mbpoll"), "-m", "rtu", "-b", Baud, "-P", "none", "-a", "1", "-t", "4:hex", "-r", "11", "-c", "2", "-1", cable.Near]);
        await Eventually.BecomesTrue(async () =>
            (await new CommandRunner(TimeProvider.System).RunAsync(mbpoll, Stop)).Output.Contains("0x428D", StringComparison.Ordinal), cancellationToken: Stop);
    }

    [Fact]
    public async Task A_unit_that_is_not_there_is_away_and_its_neighbour_is_not()
    {
        await using var cable = await SerialCable.StartAsync(Stop);
        await using var server = PymodbusSerialServer.Start(cable.Far, Baud);
        await using var rig = new DeviceRig();
        await rig.Runner.UntilReadyAsync(Unit(cable.Near, 1, null), Stop);

        await rig.Runner.UntilAsync(Unit(cable.Near, 9, null), null, plan => plan.Status is UnitStatus.Unhealthy { Cause: FailureCause.Environment }, Stop);
        await rig.Runner.UntilReadyAsync(Unit(cable.Near, 1, null), Stop);

        Assert.Contains("no answer within", rig.Reports().Single(device => device.Name == "meter-9").Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_that_is_pulled_out_and_comes_back_is_opened_again()
    {
        var cable = await SerialCable.StartAsync(Stop);
        var server = PymodbusSerialServer.Start(cable.Far, Baud);
        await using var rig = new DeviceRig();
        using var place = new TempDirectory();
        var port = $"{place.Path}/ttyUSB0";
        File.CreateSymbolicLink(port, cable.Near);
        await rig.Runner.UntilReadyAsync(Unit(port, 1, null), Stop);

        await server.DisposeAsync();
        await cable.DisposeAsync();
        await rig.Runner.UntilAsync(Unit(port, 1, null), Unit(port, 1, null), plan => plan.Status is UnitStatus.Unhealthy, Stop);
        File.Delete(port);
        await using var next = await SerialCable.StartAsync(Stop);
        await using var again = PymodbusSerialServer.Start(next.Far, Baud);
        File.CreateSymbolicLink(port, next.Near);
        await rig.Runner.UntilReadyAsync(Unit(port, 1, null), Stop);
    }

    [Fact]
    public async Task What_is_no_serial_port_is_not_there_or_is_in_use_is_said()
    {
        await using var cable = await SerialCable.StartAsync(Stop);
        using var file = new TempDirectory();
        File.WriteAllText($"{file.Path}/x", "");
        var settings = new SerialSettings(9_600, SerialParity.Even, 1);
        using var first = SerialPort.Open(cable.Near, settings);

        Assert.Contains("is in use", Refusal(cable.Near), StringComparison.Ordinal);
        Assert.Contains("is no serial port", Refusal($"{file.Path}/x"), StringComparison.Ordinal);
        Assert.Contains("No such file", Refusal($"{file.Path}/y"), StringComparison.Ordinal);

        string Refusal(string path) => Assert.Throws<SerialPortException>(() => SerialPort.Open(path, settings)).Message;
    }

    [Fact]
    public async Task An_answer_that_noise_garbled_is_asked_for_again_and_one_that_came_late_is_nobodys()
    {
        await using var cable = await SerialCable.StartAsync(Stop);
        using var far = SerialPort.Open(cable.Far, new SerialSettings(19_200, SerialParity.None, 1));
        await using var rig = new DeviceRig();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var requests = 0;
        var serving = Task.Run(() => ServeBadly(far, () => Interlocked.Increment(ref requests), stop.Token), Stop);

        await rig.Runner.UntilReadyAsync(Unit(cable.Near, 1, null, "count"), Stop);
        await stop.CancelAsync();
        await serving;

        Assert.Equal(DeviceRig.Number(258), rig.Report("meter-1", "count").Reported);
        Assert.InRange(requests, 2, int.MaxValue);
    }

    /// <summary>Answers a read of one register: first garbled, then with what another unit said too late and the truth after it.</summary>
    private static void ServeBadly(SerialPort port, Func<int> count, CancellationToken stop)
    {
        byte[] truth = [1, 4, 2, 1, 2, 0x39, 0x61];
        byte[] garbled = [1, 4, 2, 1, 3, 0x39, 0x61];
        byte[] late = [2, 4, 2, 0, 9, 0x3D, 0x36];
        var received = 0;
        while (!stop.IsCancellationRequested)
        {
            received += port.Receive(new byte[8 - received], TimeSpan.FromMilliseconds(20));
            if (received < 8)
            {
                continue;
            }

            received = 0;
            if (count() == 1)
            {
                port.Send(garbled, TimeSpan.FromSeconds(1));
                continue;
            }

            port.Send(late, TimeSpan.FromSeconds(1));
            Thread.Sleep(20);
            port.Send(truth, TimeSpan.FromSeconds(1));
        }
    }

    private static DesiredValue Seventy { get; } = new(DeviceRig.Number(70.5m));

    private static Unit Unit(string path, int unitId, DesiredValue? setpoint, params string[] only)
    {
        DeviceProperty[] all =
        [
            new() { Name = "count", Type = DeviceValueType.UInt16, PollMs = 50, Register = new ModbusRegister(ModbusTable.Input, 5) },
            DeviceRig.Setpoint(setpoint) with { PollMs = 50, Register = new ModbusRegister(ModbusTable.Holding, 10) },
            new() { Name = "valve", Type = DeviceValueType.Bool, PollMs = 50, Register = new ModbusRegister(ModbusTable.Coil, 9) },
        ];
        return new Unit($"meter-{unitId}", new DeviceSpec
        {
            Protocol = DeviceProtocol.ModbusRtu,
            Connection = new DeviceConnection
            {
                Serial = new SerialLine(path) { Baud = 19_200, Parity = LineParity.None, StopBits = 1 },
                UnitId = unitId,
                TimeoutMs = 300,
            },
            Properties = all.Where(property => only.Length == 0 || only.Contains(property.Name)).ToEquatableArray(),
        });
    }
}
