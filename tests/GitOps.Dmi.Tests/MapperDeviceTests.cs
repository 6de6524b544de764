using GitOps.Agent.Planning;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;
using GitOps.TestKit;

namespace GitOps.Dmi.Tests;

/// <summary>A device in the hands of a mapper that is handled as those of the mapper framework, over the real gitops-dmi.</summary>
public sealed class MapperDeviceTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Values_are_read_and_a_desired_value_is_written_once_and_applied_when_the_mapper_says_so()
    {
        await using var rig = await OvenAsync();

        await rig.Runner.UntilReadyAsync(MapperRig.Oven(setpoint: MapperRig.Desired(70.5m)), Stop);

        await rig.SaysAsync("temperature", 21.5m);
        Assert.Equal((PropertyPhase.Applied, new DeviceValue.Number(70.5m)), (rig.Report("oven-1", "setpoint").State, rig.Report("oven-1", "setpoint").Reported));
        Assert.Equal(["start oven-1", "stop oven-1", "start oven-1", "write setpoint 70.5"], rig.Log.Where(line => !line.StartsWith("registered", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Whoever_is_killed_and_comes_back_values_go_on_and_nothing_is_written_or_begun_again_for_nothing()
    {
        await using var rig = await OvenAsync();
        var unit = MapperRig.Oven(setpoint: MapperRig.Desired(70.5m));
        await rig.Runner.UntilReadyAsync(unit, Stop);
        var starts = rig.Count("start oven-1");

        await rig.RestartAgentAsync();
        rig.Set("temperature", "31");
        await rig.Runner.UntilReadyAsync(unit, Stop);
        await rig.SaysAsync("temperature", 31);
        Assert.Equal((starts, 1), (rig.Count("start oven-1"), rig.Count("write setpoint 70.5")));

        rig.KillGateway();
        await Eventually.BecomesTrue(() => !rig.Report().Online, TimeSpan.FromSeconds(30), Stop);
        Assert.Equal(ValueQuality.Stale, rig.Report("oven-1", "temperature").Quality);
        rig.Set("temperature", "32");
        rig.StartGateway();
        await rig.SaysAsync("temperature", 32);
        await rig.Runner.UntilReadyAsync(unit, Stop);
        Assert.Equal((starts, 1), (rig.Count("start oven-1"), rig.Count("write setpoint 70.5")));

        rig.KillMapper();
        rig.Set("temperature", "33");
        rig.StartMapper();
        await rig.SaysAsync("temperature", 33);
        await rig.Runner.UntilReadyAsync(unit, Stop);
        Assert.Equal((starts + 1, 1), (rig.Count("start oven-1"), rig.Count("write setpoint 70.5")));
        Assert.Equal(1, rig.Count("registered 1"));
        Assert.DoesNotContain(rig.Log, line => line.StartsWith("ends", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_mapper_that_is_there_after_everybody_else_is_given_its_devices_when_it_registers()
    {
        await using var rig = new MapperRig();
        rig.Set("setpoint", "60");
        rig.Set("temperature", "21.5");
        rig.StartGateway();
        await rig.Runner.UntilAsync(MapperRig.Oven(), null,
            plan => plan.Status is UnitStatus.Unhealthy { Cause: FailureCause.Environment } && rig.Report().Message == "no mapper of the protocol test has registered", Stop);

        rig.StartMapper();

        await rig.SaysAsync("temperature", 21.5m);
        Assert.Equal(["registered 1", "start oven-1"], rig.Log);
    }

    [Fact]
    public async Task A_value_that_somebody_else_changes_is_held_and_only_it_is_written()
    {
        await using var rig = await OvenAsync();
        rig.Set("speed", "1");
        var oven = MapperRig.Oven(setpoint: MapperRig.Desired(70.5m, ApplyMode.Hold));
        var spec = (DeviceSpec)oven.Spec;
        var unit = oven with
        {
            Spec = spec with
            {
                Properties =
                [
                    .. spec.Properties.Take(1),
                    MapperRig.Property("speed", "speed") with { Access = DeviceAccess.ReadWrite, Desired = MapperRig.Desired(5) },
                    .. spec.Properties.Skip(1),
                ],
            },
        };
        await rig.Runner.UntilReadyAsync(unit, Stop);
        rig.Set("speed", "6"); // applied once: it stays so

        rig.Set("setpoint", "50");
        await rig.Runner.UntilAsync(unit, null, _ => rig.Count("write setpoint 70.5") == 2, Stop);

        await rig.Runner.UntilAsync(unit, null, _ => rig.Report("oven-1", "setpoint").State == PropertyPhase.Applied, Stop);
        await rig.SaysAsync("speed", 6);
        Assert.Equal((1, PropertyPhase.Conflict), (rig.Log.Count(line => line.StartsWith("write speed", StringComparison.Ordinal)), rig.Report("oven-1", "speed").State));
    }

    [Fact]
    public async Task A_value_that_the_device_does_not_take_is_rejected_and_the_property_is_read_on()
    {
        await using var rig = await OvenAsync();
        rig.Set("setpoint.refuses", "");
        var oven = MapperRig.Oven(setpoint: MapperRig.Desired(70.5m));
        var unit = oven with { Spec = (DeviceSpec)oven.Spec with { Connection = ((DeviceSpec)oven.Spec).Connection with { TimeoutMs = 1_500 } } };

        await rig.Runner.UntilAsync(unit, null, _ => rig.Report("oven-1", "setpoint").State == PropertyPhase.Rejected, Stop);

        Assert.Equal(1, rig.Count("refuse setpoint 70.5"));
        rig.Set("setpoint", "61");
        await rig.SaysAsync("setpoint", 61);
    }

    [Fact]
    public async Task A_change_of_one_device_touches_no_other_and_one_that_goes_is_let_go_of()
    {
        await using var rig = await OvenAsync();
        rig.Set("other", "1");
        var other = MapperRig.Oven("oven-2", address: "other");
        await rig.Runner.UntilReadyAsync(MapperRig.Oven(), Stop);
        await rig.Runner.UntilReadyAsync(other, Stop);

        await rig.Runner.UntilReadyAsync(MapperRig.Oven(setpoint: MapperRig.Desired(70.5m)), Stop);
        await rig.Runner.UntilAsync(null, MapperRig.Oven(setpoint: MapperRig.Desired(70.5m)), plan => plan.Steps.IsEmpty, Stop);

        Assert.Equal((1, 0, 1), (rig.Count("start oven-2"), rig.Count("stop oven-2"), rig.Count("remove oven-1")));
        rig.Set("other", "2");
        await rig.SaysAsync("setpoint", 2, "oven-2");
    }

    [Fact]
    public async Task A_changed_model_reaches_the_mapper()
    {
        await using var rig = await OvenAsync();
        rig.Set("elsewhere", "12");
        await rig.Runner.UntilReadyAsync(MapperRig.Oven(), Stop);
        await rig.SaysAsync("setpoint", 60);

        await rig.Runner.UntilReadyAsync(MapperRig.Oven(address: "elsewhere"), Stop);

        await rig.SaysAsync("setpoint", 12);
        Assert.Equal(2, rig.Count("start oven-1"));
    }

    [Fact]
    public async Task A_device_that_its_mapper_cannot_reach_is_away()
    {
        await using var rig = await OvenAsync();
        await rig.Runner.UntilReadyAsync(MapperRig.Oven(), Stop);

        rig.Set("state", "offline");
        await Eventually.BecomesTrue(() => rig.Report().Message == "its mapper says that it is offline", TimeSpan.FromSeconds(60), Stop);
        Assert.Equal(ValueQuality.Stale, rig.Report("oven-1", "temperature").Quality);

        rig.Set("state", "ok");
        await rig.SaysAsync("temperature", 21.5m);
    }

    [Fact]
    public async Task A_device_that_was_off_when_its_mapper_began_is_given_to_it_again_until_it_speaks()
    {
        await using var rig = new MapperRig(revive: "1");
        rig.Set("setpoint", "60");
        rig.Set("temperature", "21.5");
        rig.Set("off", "");
        rig.StartGateway();
        rig.StartMapper();
        await rig.Runner.UntilAsync(MapperRig.Oven(), null, _ => rig.Count("no answer oven-1") >= 2, Stop, TimeSpan.FromSeconds(60));

        rig.Unset("off");

        await rig.SaysAsync("temperature", 21.5m);
        var starts = rig.Count("start oven-1");
        rig.Set("temperature", "22");
        await rig.SaysAsync("temperature", 22);
        Assert.Equal(starts, rig.Count("start oven-1"));
    }

    [Fact]
    public async Task The_agent_starts_the_program_by_need_and_again_when_it_went()
    {
        await using var rig = new MapperRig(startsByNeed: true);
        rig.Set("setpoint", "60");
        rig.Set("temperature", "21.5");
        rig.StartMapper();

        await rig.Runner.UntilReadyAsync(MapperRig.Oven(setpoint: MapperRig.Desired(70.5m)), Stop);

        Assert.Equal(PropertyPhase.Applied, rig.Report("oven-1", "setpoint").State);
    }

    private static async Task<MapperRig> OvenAsync()
    {
        var rig = new MapperRig();
        rig.Set("setpoint", "60");
        rig.Set("temperature", "21.5");
        rig.StartGateway();
        rig.StartMapper();
        await Eventually.BecomesTrue(() => rig.Log.Length > 0, TimeSpan.FromSeconds(60), Stop, "the mapper has registered");
        return rig;
    }
}
