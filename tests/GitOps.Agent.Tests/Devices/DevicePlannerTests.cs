using GitOps.Agent.Devices;
using GitOps.Agent.Planning;
using GitOps.Bundles;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;
using GitOps.TestKit;
using static GitOps.Agent.Tests.Devices.Plcs;

namespace GitOps.Agent.Tests.Devices;

public sealed class DevicePlannerTests
{
    private static readonly DesiredValue Seventy = new(Number(70.5m));

    [Fact]
    public void Plan_for_a_device_that_is_new() =>
        Golden.Verify("devices/new.plan.txt", Device(Unit(Setpoint(Seventy))).Plan(Unit(Setpoint(Seventy))).ToText());

    [Fact]
    public void Plan_for_a_setpoint_that_differs()
    {
        var unit = Unit(Running, Setpoint(Seventy with { WriteWhen = new WriteInterlock("running", new DeviceValue.Boolean(true)) }));
        var device = Device(unit);
        device["running"] = new DeviceValue.Boolean(true);
        device.Turn(unit);

        Golden.Verify("devices/other-setpoint.plan.txt", device.Plan(unit).ToText());
    }

    [Fact]
    public void Plan_while_an_interlock_is_closed()
    {
        var unit = Unit(Running, Setpoint(Seventy with { WriteWhen = new WriteInterlock("running", new DeviceValue.Boolean(true)) }));
        var device = Device(unit);
        device.Turn(unit);

        Golden.Verify("devices/interlock.plan.txt", device.Plan(unit).ToText());
    }

    [Fact]
    public void Plan_for_a_device_that_is_away()
    {
        var unit = Unit(Running, Setpoint(Seventy));
        var device = Device(unit);
        device.Turn(unit);
        device.IsAway = true;

        Golden.Verify("devices/away.plan.txt", device.Plan(unit).ToText());
    }

    [Fact]
    public void Plan_for_a_value_the_device_refuses()
    {
        var unit = Unit(Setpoint(Seventy));
        var device = Device(unit);
        device.Refuses = true;
        device.Turn(unit);
        device.Turn(unit);

        Golden.Verify("devices/refused.plan.txt", device.Plan(unit).ToText());
    }

    [Fact]
    public void A_device_is_ready_when_all_it_should_have_is_applied()
    {
        var unit = Unit(Running, Setpoint(Seventy));
        var device = Device(unit);

        Assert.Equal("ready\n", device.Converge(unit).ToText());
        Assert.Equal(Number(70.5m), device["setpoint"]);
    }

    [Fact]
    public void A_value_that_was_applied_once_is_not_written_again_and_its_drift_closes_no_gate()
    {
        var unit = Unit(Setpoint(Seventy));
        var device = Device(unit);
        device.Converge(unit);
        device["setpoint"] = Number(65);

        Assert.Equal("ready\n", device.Converge(unit).ToText());
        Assert.Equal(PropertyPhase.Conflict, Phase(unit, device));
        Assert.Single(device.Acknowledged);
    }

    [Fact]
    public void A_value_that_is_held_comes_back_and_no_more_often_than_the_pace_allows()
    {
        var unit = Unit(Setpoint(Seventy with { Apply = ApplyMode.Hold }));
        var device = Device(unit);
        device.Converge(unit);
        var before = device.Acknowledged.Count;
        for (var second = 0; second < 600; second++)
        {
            device["setpoint"] = Number(65);
            device.Pass(TimeSpan.FromSeconds(1));
            device.Turn(unit);
        }

        Assert.InRange(device.Acknowledged.Count - before, 3, 7);
        Assert.Equal("ready\n", device.Converge(unit).ToText());
        Assert.Equal(Number(70.5m), device["setpoint"]);
    }

    [Fact]
    public void Another_value_in_git_and_the_first_one_again_are_each_written()
    {
        var device = Device(Unit(Setpoint(Seventy)));
        foreach (var value in (decimal[])[70.5m, 71, 70.5m])
        {
            device.Converge(Unit(Setpoint(new DesiredValue(Number(value)))));
        }

        Assert.Equal([Number(70.5m), Number(71), Number(70.5m)], device.Arrived.Select(a => a.Value));
    }

    [Fact]
    public void A_value_outside_of_its_limits_is_never_written()
    {
        var unit = Unit(Setpoint(new DesiredValue(Number(95))));
        var device = Device(unit);

        var status = Assert.IsType<UnitStatus.Unhealthy>(device.Converge(unit).Status);

        Assert.Equal(FailureCause.Content, status.Cause);
        Assert.Empty(device.Arrived);
    }

    [Fact]
    public void A_device_that_acknowledges_and_does_not_follow_is_not_applied()
    {
        var unit = Unit(Setpoint(Seventy));
        var device = Device(unit);
        device.Lies = true;

        var status = Assert.IsType<UnitStatus.Unhealthy>(device.Converge(unit).Status);

        Assert.Equal(FailureCause.Content, status.Cause);
        Assert.Equal(PropertyPhase.Pending, Phase(unit, device));
        Assert.Single(device.Arrived);
    }

    [Fact]
    public void What_cannot_be_read_back_is_unconfirmed_and_not_written_twice_when_an_answer_is_lost()
    {
        var unit = Unit(Setpoint(Seventy, DeviceAccess.Write));
        var device = Device(unit);
        device.LosesNextAnswer = true;

        device.Converge(unit);
        device.Restart();

        Assert.Equal("ready\n", device.Converge(unit).ToText());
        Assert.Equal(PropertyPhase.Unconfirmed, Phase(unit, device));
        Assert.Single(device.Arrived);
    }

    [Fact]
    public void A_read_back_within_the_tolerance_or_as_near_as_registers_allow_is_applied()
    {
        var tenths = Setpoint(new DesiredValue(Number(70.53m))) with { Type = DeviceValueType.Int16, Scale = 0.1m };
        var loose = Setpoint(Seventy with { Tolerance = 0.5m });

        Assert.True(DesiredMatch.Holds((DeviceSpec)Unit(tenths).Spec, tenths, tenths.Desired!, Number(70.5m)));
        Assert.True(DesiredMatch.Holds((DeviceSpec)Unit(loose).Spec, loose, loose.Desired!, Number(71)));
        Assert.False(DesiredMatch.Holds((DeviceSpec)Unit(loose).Spec, loose, loose.Desired!, Number(71.01m)));
    }

    [Fact]
    public void A_value_expires_by_the_time_since_boot_and_is_then_not_written()
    {
        var unit = Unit(Running, Setpoint(Seventy with
        {
            ValidForMs = 60_000,
            WriteWhen = new WriteInterlock("running", new DeviceValue.Boolean(true)),
        }));
        var device = Device(unit);
        device.Turn(unit);
        device.Turn(unit);
        device.Pass(TimeSpan.FromSeconds(61));
        device["running"] = new DeviceValue.Boolean(true);

        Assert.Equal("ready\n", device.Converge(unit).ToText());
        Assert.Equal(PropertyPhase.Expired, Phase(unit, device));
        Assert.Empty(device.Arrived);
    }

    [Fact]
    public void After_a_reboot_a_value_waits_until_a_trusted_clock_tells_whether_it_is_still_valid()
    {
        var unit = Unit(Setpoint(Seventy with { ValidForMs = 60_000 }));
        var device = Device(unit);
        device.Turn(unit);
        device.Reboot();
        device.Turn(unit);

        var untrusted = device.Plan(unit, context: FakeDevice.Context with { ClockTrusted = false });
        var late = device.Plan(unit, context: FakeDevice.Context with { Now = FakeDevice.Context.Now.AddSeconds(61) });
        var early = device.Plan(unit, context: FakeDevice.Context with { Now = FakeDevice.Context.Now.AddSeconds(59) });

        Assert.Empty(untrusted.Steps);
        Assert.Equal("the clock", Assert.Single(untrusted.Holds).What);
        Assert.Empty(late.Steps);
        Assert.IsType<DeviceStep.Write>(Assert.Single(early.Steps));
    }

    [Theory]
    [InlineData(null, 55)]
    [InlineData("leave", 70.5)]
    [InlineData("previous", 60)]
    [InlineData("value", 20)]
    public void Going_back_does_what_on_rollback_of_the_failed_version_says(string? onRollback, double expected)
    {
        var back = onRollback switch
        {
            null => null,
            "leave" => new OnRollback { Action = RollbackAction.Leave },
            "previous" => new OnRollback { Action = RollbackAction.Previous },
            _ => new OnRollback { Value = Number(20) },
        };
        var older = Unit(Setpoint(new DesiredValue(Number(55))));
        var failed = Unit(Setpoint(Seventy with { OnRollback = back }));
        var device = Device(failed);
        device.Converge(failed);

        for (var i = 0; i < 4; i++)
        {
            device.Turn(older, owned: failed, FakeDevice.Context with { IsReturn = true });
            device.Pass(TimeSpan.FromMinutes(10));
        }

        Assert.Equal(Number((decimal)expected), device["setpoint"]);
        Assert.Equal("ready\n", device.Plan(older, owned: older).ToText());
    }

    [Fact]
    public void Going_back_to_a_bundle_without_the_device_restores_first_and_then_lets_go()
    {
        var unit = Unit(Setpoint(Seventy with { OnRollback = new OnRollback { Action = RollbackAction.Previous } }));
        var device = Device(unit);
        device.Converge(unit);

        var plan = new DevicePlanner().PlanRemoval(unit, device.Observe(), FakeDevice.Context with { IsReturn = true });
        Golden.Verify("devices/return-without-device.plan.txt", plan.ToText());
        Assert.True(plan.Steps.All(device.Apply));

        Assert.Equal(Number(60), device["setpoint"]);
        Assert.Empty(new DevicePlanner().PlanRemoval(unit, device.Observe(), FakeDevice.Context).Steps);
    }

    [Fact]
    public void Going_back_after_a_restart_still_knows_what_was_there_before()
    {
        var older = Unit(Setpoint(new DesiredValue(Number(55))));
        var failed = Unit(Setpoint(Seventy with { OnRollback = new OnRollback { Action = RollbackAction.Previous } }));
        var device = Device(failed);
        device.Converge(failed);
        device.Restart();

        var plan = device.Turn(older, owned: failed, FakeDevice.Context with { IsReturn = true });

        Golden.Verify("devices/return-after-restart.plan.txt", plan.ToText());
        Assert.Equal(Number(60), device["setpoint"]);
        Assert.Equal("ready\n", device.Plan(older, owned: older).ToText());
    }

    [Fact]
    public void A_removal_somebody_committed_leaves_the_device_as_it_is()
    {
        var unit = Unit(Setpoint(Seventy with { OnRollback = new OnRollback { Action = RollbackAction.Previous } }));
        var device = Device(unit);
        device.Converge(unit);

        var plan = new DevicePlanner().PlanRemoval(unit, device.Observe(), FakeDevice.Context);

        Assert.IsType<DeviceStep.Release>(Assert.Single(plan.Steps));
    }

    [Fact]
    public void Units_that_mean_one_device_claim_the_same() => Assert.Equal(
        new DevicePlanner().Claims(Unit(Running)), new DevicePlanner().Claims(Unit(Running) with { Name = "boiler" }));

    [Fact]
    public void One_unit_may_be_several_devices_that_write_different_registers_and_read_the_same()
    {
        static EquatableArray<string> Claims(string name, params DeviceProperty[] properties) =>
            new DevicePlanner().Claims(Unit(properties) with { Name = name });
        static DeviceProperty At(int address, DeviceValueType type, DeviceAccess access) => new()
        {
            Name = "p",
            Type = type,
            Access = access,
            Register = new ModbusRegister(ModbusTable.Holding, address),
        };

        var oven = Claims("oven", At(10, DeviceValueType.Float32, DeviceAccess.ReadWrite), At(12, DeviceValueType.UInt16, DeviceAccess.Read));
        Assert.Equal(2, oven.Count);
        Assert.Empty(oven.Intersect(Claims("press", At(12, DeviceValueType.UInt16, DeviceAccess.Write), At(10, DeviceValueType.Float32, DeviceAccess.Read))));
        Assert.Single(oven.Intersect(Claims("press", At(11, DeviceValueType.UInt16, DeviceAccess.Write))));
    }

    [Fact]
    public void A_description_that_modbus_cannot_carry_is_refused_by_name()
    {
        var unit = Unit(Setpoint(Seventy) with { Register = new ModbusRegister(ModbusTable.Input, 0) });

        var refused = Assert.IsType<UnitStatus.Refused>(Device(unit).Plan(unit).Status);

        Assert.Contains("'setpoint'", refused.Problem.What, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_remembered_comes_back_from_disk_and_garbage_does_not()
    {
        var unit = Unit(Setpoint(Seventy with { ValidForMs = 60_000 }));
        var device = Device(unit);
        device.Converge(unit);

        Assert.Equal(device.Memory, DeviceMemoryJson.TryRead(DeviceMemoryJson.Write(device.Memory)));
        Assert.Equal(DesiredVersion.Of(((DeviceSpec)unit.Spec).Properties[0].Desired!), Assert.Single(device.Memory.Sightings).Version);
        Assert.Null(DeviceMemoryJson.TryRead("{\"format\":2}"u8));
        Assert.Null(DeviceMemoryJson.TryRead("nonsense"u8));
    }

    [Fact]
    public void Only_what_decides_something_wakes_the_loop()
    {
        var temperature = Running with
        {
            Name = "temperature",
            Type = DeviceValueType.Float32,
            Register = new ModbusRegister(ModbusTable.Input, 0),
            Simulate = null,
        };
        var unit = Unit(temperature, Setpoint(Seventy));
        var device = Device(unit);
        Assert.IsType<UnitStatus.Ready>(device.Converge(unit).Status);
        var spec = (DeviceSpec)unit.Spec;
        var before = DeviceSituation.Of(spec, device.Observe());

        device["temperature"] = Number(21.3m);
        device.Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(before, DeviceSituation.Of(spec, device.Observe()));

        device["setpoint"] = Number(65);
        device.Pass(TimeSpan.FromSeconds(1));
        Assert.NotEqual(before, DeviceSituation.Of(spec, device.Observe()));
    }

    [Fact]
    public void A_value_that_was_not_read_for_three_periods_is_stale()
    {
        var unit = Unit(Running);
        var device = Device(unit);
        device.Converge(unit);
        var fresh = device.Observe();

        Assert.Equal(ValueQuality.Good, Quality(unit, fresh));
        Assert.Equal(ValueQuality.Stale, Quality(unit, fresh with { Now = fresh.Now + TimeSpan.FromSeconds(4.1) }));
        Assert.Equal(ValueQuality.Stale, Quality(unit, fresh with { Link = new DeviceLink.Away("gone") }));
    }

    private static ValueQuality Quality(Unit unit, DeviceState state) =>
        Assert.Single(DeviceReporting.Report("plc-1", (DeviceSpec)unit.Spec, state, FakeDevice.Context).Properties).Quality;

    private static PropertyPhase? Phase(Unit unit, FakeDevice device) =>
        DeviceReporting.Report("plc-1", (DeviceSpec)unit.Spec, device.Observe(), FakeDevice.Context).Properties
            .Single(p => p.Name == "setpoint").State;
}
