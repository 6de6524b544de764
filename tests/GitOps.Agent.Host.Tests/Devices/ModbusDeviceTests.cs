using System.Net;
using GitOps.Agent.Planning;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;
using GitOps.Platform.Sockets;
using GitOps.Simulation.Modbus;
using GitOps.TestKit;
using GitOps.TestKit.Net;

namespace GitOps.Agent.Host.Tests.Devices;

public sealed class ModbusDeviceTests
{
    private static readonly DesiredValue Seventy = new(DeviceRig.Number(70.5m));

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_setpoint_reaches_the_plc_and_is_reported_as_the_plc_says()
    {
        var plc = Boiler.NewPlc(TimeProvider.System);
        await using var server = DeviceRig.Serve(plc);
        await using var rig = new DeviceRig();

        await rig.Runner.UntilReadyAsync(DeviceRig.Boiler(server.Endpoint.Port, Seventy), Stop);

        Assert.Equal(70.5f, plc.Look(m => PlcMemory.ReadSingle(m.Holdings, Boiler.SetpointHolding)));
        var setpoint = rig.Report("plc-1", "setpoint");
        Assert.Equal((DeviceRig.Number(70.5m), PropertyPhase.Applied, ValueQuality.Good), (setpoint.Reported, setpoint.State, setpoint.Quality));
        Assert.Equal(new DeviceValue.Boolean(true), rig.Report("plc-1", "heater").Reported);
        Assert.Equal(1, plc.Writes);
    }

    [Fact]
    public async Task Parts_of_registers_and_text_reach_the_plc_and_leave_what_is_beside_them()
    {
        var plc = Boiler.NewPlc(TimeProvider.System);
        plc.Change(memory => memory.Holdings[10] = 0xA5A5);
        await using var server = DeviceRig.Serve(plc);
        await using var rig = new DeviceRig();
        var mode = new DeviceProperty
        {
            Name = "mode",
            Type = DeviceValueType.UInt16,
            Access = DeviceAccess.ReadWrite,
            Mask = 0x0F00,
            Shift = 8,
            PollMs = 20,
            Register = new ModbusRegister(ModbusTable.Holding, 10),
            Desired = new DesiredValue(DeviceRig.Number(9)),
        };
        var alarm = new DeviceProperty
        {
            Name = "alarm",
            Type = DeviceValueType.Bool,
            Access = DeviceAccess.ReadWrite,
            PollMs = 20,
            Register = new ModbusRegister(ModbusTable.Holding, 10) { Bit = 0 },
            Desired = new DesiredValue(new DeviceValue.Boolean(false)),
        };
        var label = new DeviceProperty
        {
            Name = "label",
            Type = DeviceValueType.String,
            Access = DeviceAccess.ReadWrite,
            PollMs = 20,
            Register = new ModbusRegister(ModbusTable.Holding, 12) { Registers = 4 },
            Desired = new DesiredValue(new DeviceValue.Text("Boiler")),
        };

        await rig.Runner.UntilReadyAsync(DeviceRig.Device(server.Endpoint.Port, 1, "plc-1", alarm, label, mode), Stop);

        Assert.Equal(0xA9A4, plc.Look(memory => memory.Holdings[10]));
        Assert.Equal([0x426F, 0x696C, 0x6572, 0], plc.Look(memory => memory.Holdings[12..16]));
        Assert.Equal(DeviceRig.Number(9), rig.Report("plc-1", "mode").Reported);
    }

    [Fact]
    public async Task A_device_that_goes_away_is_an_environment_cause_and_comes_back_by_itself()
    {
        await using var server = DeviceRig.Serve(Boiler.NewPlc(TimeProvider.System));
        await using var proxy = new FaultProxy(server.Endpoint.Port);
        await using var rig = new DeviceRig();
        var unit = DeviceRig.Boiler(proxy.Port, Seventy);
        await rig.Runner.UntilReadyAsync(unit, Stop);

        proxy.Refuses = true;
        proxy.Cut();
        await rig.Runner.UntilAsync(unit, unit, plan => plan.Status is UnitStatus.Unhealthy { Cause: FailureCause.Environment }, Stop);
        Assert.False(rig.Reports().Single().Online);
        Assert.Equal(ValueQuality.Stale, rig.Report("plc-1", "setpoint").Quality);

        proxy.Refuses = false;
        await rig.Runner.UntilReadyAsync(unit, Stop);
    }

    [Fact]
    public async Task After_a_restart_a_value_applied_once_stays_as_an_operator_changed_it()
    {
        var plc = Boiler.NewPlc(TimeProvider.System);
        await using var server = DeviceRig.Serve(plc);
        await using var rig = new DeviceRig();
        var unit = DeviceRig.Boiler(server.Endpoint.Port, Seventy);
        await rig.Runner.UntilReadyAsync(unit, Stop);
        plc.Change(m => PlcMemory.WriteSingle(m.Holdings, Boiler.SetpointHolding, 65));

        await rig.RestartAsync();
        await rig.Runner.UntilReadyAsync(unit, Stop);

        var setpoint = rig.Report("plc-1", "setpoint");
        Assert.Equal((DeviceRig.Number(65), PropertyPhase.Conflict), (setpoint.Reported, setpoint.State));
        Assert.Equal(1, plc.Writes);
    }

    [Fact]
    public async Task Units_behind_one_gateway_share_a_connection_and_a_silent_one_stops_no_other()
    {
        var (good, silent) = (Boiler.NewPlc(TimeProvider.System), Boiler.NewPlc(TimeProvider.System));
        silent.Faults.IsSilent = true;
        await using var server = TcpServer.Listen(new IPEndPoint(IPAddress.Loopback, 0), 8, (stream, stop) =>
            ModbusFraming.ServeAsync(stream, id => id switch { 1 => good, 2 => silent, _ => null }, TimeProvider.System, stop));
        await using var proxy = new FaultProxy(server.Endpoint.Port);
        await using var rig = new DeviceRig();
        var other = DeviceRig.Boiler(proxy.Port, Seventy, unitId: 2, name: "plc-2");

        await rig.Runner.UntilAsync(other, null, plan => plan.Status is UnitStatus.Unhealthy, Stop);
        await rig.Runner.UntilReadyAsync(DeviceRig.Boiler(proxy.Port, Seventy), Stop);
        var connections = proxy.Connections;
        silent.Faults.IsSilent = false;
        await rig.Runner.UntilReadyAsync(other, Stop);

        Assert.InRange(proxy.Connections, 1, connections + 1);
        Assert.Equal(2, rig.Reports().Count);
    }

    [Fact]
    public async Task A_gateway_whose_device_does_not_answer_is_an_away_device()
    {
        await using var server = TcpServer.Listen(new IPEndPoint(IPAddress.Loopback, 0), 8, (stream, stop) =>
            ModbusFraming.ServeAsync(stream, _ => null, TimeProvider.System, stop));
        await using var rig = new DeviceRig();

        var plan = await rig.Runner.UntilAsync(
            DeviceRig.Boiler(server.Endpoint.Port, Seventy), null, plan => plan.Status is UnitStatus.Unhealthy, Stop);

        var away = Assert.IsType<UnitStatus.Unhealthy>(plan.Status);
        Assert.Contains("gateway target device failed to respond (11)", away.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plc_that_refuses_the_write_is_named_with_its_exception_and_counts_against_the_bundle()
    {
        var plc = Boiler.NewPlc(TimeProvider.System);
        plc.Faults.RejectsWrites = true;
        await using var server = DeviceRig.Serve(plc);
        await using var rig = new DeviceRig();

        var plan = await rig.Runner.UntilAsync(DeviceRig.Boiler(server.Endpoint.Port, Seventy), null,
            plan => plan.Status is UnitStatus.Unhealthy { Cause: FailureCause.Content }, Stop);

        Assert.Contains("server device failure (4)", ((UnitStatus.Unhealthy)plan.Status).Message, StringComparison.Ordinal);
        Assert.Equal(PropertyPhase.Rejected, rig.Report("plc-1", "setpoint").State);
    }

    [Fact]
    public async Task A_register_that_does_not_exist_fails_alone()
    {
        await using var server = DeviceRig.Serve(Boiler.NewPlc(TimeProvider.System));
        await using var rig = new DeviceRig();
        var beyond = DeviceRig.Setpoint(null) with { Name = "beyond", Register = new ModbusRegister(ModbusTable.Holding, 999) };
        var neighbour = beyond with { Name = "last", Type = DeviceValueType.Int16, Register = new ModbusRegister(ModbusTable.Holding, 999) };
        var unit = DeviceRig.Device(server.Endpoint.Port, 1, "plc-1", beyond, neighbour);

        await rig.Runner.UntilAsync(unit, null, plan => plan.Status is UnitStatus.Unhealthy { Cause: FailureCause.Content }, Stop);

        Assert.Contains("illegal data address (2)", rig.Report("plc-1", "beyond").Message, StringComparison.Ordinal);
        Assert.Equal(ValueQuality.Bad, rig.Report("plc-1", "beyond").Quality);
        Assert.Equal(DeviceRig.Number(0), rig.Report("plc-1", "last").Reported);
    }

    [Fact]
    public async Task Answers_that_come_too_late_are_not_taken_for_later_ones()
    {
        var plc = Boiler.NewPlc(TimeProvider.System);
        await using var server = DeviceRig.Serve(plc);
        await using var rig = new DeviceRig();
        var unit = DeviceRig.Boiler(server.Endpoint.Port, Seventy);
        await rig.Runner.UntilReadyAsync(unit, Stop);

        plc.Faults.Delay = TimeSpan.FromMilliseconds(350);
        await rig.Runner.UntilAsync(unit, unit, plan => plan.Status is UnitStatus.Unhealthy, Stop);
        plc.Faults.Delay = TimeSpan.Zero;
        plc.Change(m => m.Holdings[1] = 0);
        await rig.Runner.UntilReadyAsync(unit, Stop);

        Assert.Equal(DeviceRig.Number(70.5m), rig.Report("plc-1", "setpoint").Reported);
        Assert.Equal(new DeviceValue.Boolean(true), rig.Report("plc-1", "heater").Reported);
    }

    [Fact]
    public async Task A_connection_that_is_dropped_in_the_middle_of_everything_costs_nothing_but_time()
    {
        var plc = Boiler.NewPlc(TimeProvider.System);
        plc.Faults.DropNext = 3;
        await using var server = DeviceRig.Serve(plc);
        await using var rig = new DeviceRig();

        await rig.Runner.UntilReadyAsync(DeviceRig.Boiler(server.Endpoint.Port, Seventy), Stop);

        Assert.Equal(1, plc.Writes);
    }

    [Fact]
    public async Task A_held_value_is_written_again_when_another_master_overwrites_it_and_the_fight_is_paced()
    {
        var plc = Boiler.NewPlc(TimeProvider.System);
        await using var server = DeviceRig.Serve(plc);
        await using var rig = new DeviceRig();
        var unit = DeviceRig.Boiler(server.Endpoint.Port, Seventy with { Apply = ApplyMode.Hold });
        await rig.Runner.UntilReadyAsync(unit, Stop);

        plc.Change(m => PlcMemory.WriteSingle(m.Holdings, Boiler.SetpointHolding, 40));
        var plan = await rig.Runner.UntilAsync(unit, unit, plan => plan.Holds.Length > 0, Stop);

        Assert.Equal(PropertyPhase.Conflict, rig.Report("plc-1", "setpoint").State);
        Assert.NotNull(plan.Holds[0].RecheckAfter);
        Assert.Equal(1, plc.Writes);
    }

    [Fact]
    public async Task A_device_that_left_the_bundle_is_let_go_and_forgotten()
    {
        var plc = Boiler.NewPlc(TimeProvider.System);
        await using var server = DeviceRig.Serve(plc);
        await using var rig = new DeviceRig();
        var unit = DeviceRig.Boiler(server.Endpoint.Port, Seventy);
        await rig.Runner.UntilReadyAsync(unit, Stop);

        await rig.Runner.UntilAsync(null, unit, plan => plan.Steps.IsEmpty, Stop);

        Assert.Empty(rig.Reports());
        await rig.RestartAsync();
        await rig.Runner.UntilReadyAsync(unit, Stop);
    }

    [Fact]
    [Trait("needs", "python3-pymodbus")]
    public async Task A_server_that_is_not_ours_is_read_and_written()
    {
        var python = NeedsPackage.OrSkip("python3-pymodbus", "/usr/bin/python3");
        await using var server = await PymodbusServer.StartAsync(python, Stop);
        await using var rig = new DeviceRig();
        var unit = DeviceRig.Device(server.Port, 1, "plc-1",
            DeviceRig.Setpoint(Seventy) with { Register = new ModbusRegister(ModbusTable.Holding, 10) { WordSwap = true } },
            new DeviceProperty { Name = "count", Type = DeviceValueType.UInt16, PollMs = 20, Register = new ModbusRegister(ModbusTable.Input, 5) },
            new DeviceProperty
            {
                Name = "valve",
                Type = DeviceValueType.Bool,
                Access = DeviceAccess.ReadWrite,
                PollMs = 20,
                Register = new ModbusRegister(ModbusTable.Coil, 9),
                Desired = new DesiredValue(new DeviceValue.Boolean(true)),
            });

        await rig.Runner.UntilReadyAsync(unit, Stop);

        Assert.Equal(PropertyPhase.Applied, rig.Report("plc-1", "setpoint").State);
        Assert.Equal(PropertyPhase.Applied, rig.Report("plc-1", "valve").State);
        Assert.Equal(DeviceRig.Number(17), rig.Report("plc-1", "count").Reported);
    }
}
