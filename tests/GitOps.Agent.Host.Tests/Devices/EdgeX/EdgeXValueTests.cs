using GitOps.Agent.Planning;
using GitOps.Bundles;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;
using GitOps.Platform.Mqtt;
using GitOps.Platform.Processes;
using GitOps.TestKit;
using GitOps.TestKit.EdgeX;
using GitOps.TestKit.Mqtt;

namespace GitOps.Agent.Host.Tests.Devices.EdgeX;

/// <summary>Devices behind an EdgeX are read and set through core-command, and what changes is heard on its bus.</summary>
public sealed class EdgeXValueTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_desired_value_is_set_and_read_back_and_held_against_others()
    {
        await using var edgeX = await ServeAsync();
        await using var rig = new DeviceRig();
        var unit = Dryer(edgeX.Url, new DesiredValue(DeviceRig.Number(65.5m)) { Apply = ApplyMode.Hold });

        await rig.Runner.UntilReadyAsync(unit, Stop);
        edgeX.Commands["Dryer 1", "Set point"] = "20";
        await rig.Runner.UntilAsync(unit, null, _ => edgeX.Commands["Dryer 1", "Set point"] == "65.5", Stop);
        await rig.Runner.UntilReadyAsync(unit, Stop);

        Assert.Equal((PropertyPhase.Applied, DeviceRig.Number(65.5m)), (rig.Report("dryer-1", "setpoint").State, rig.Report("dryer-1", "setpoint").Reported));
        Assert.Equal(2, edgeX.Commands.Sets);
    }

    [Fact]
    public async Task A_value_that_is_applied_once_is_left_and_its_drift_reported()
    {
        await using var edgeX = await ServeAsync();
        await using var rig = new DeviceRig();
        var unit = Dryer(edgeX.Url, new DesiredValue(DeviceRig.Number(65.5m)));

        await rig.Runner.UntilReadyAsync(unit, Stop);
        edgeX.Commands["Dryer 1", "Set point"] = "20";
        await rig.Runner.UntilAsync(unit, null, _ => rig.Report("dryer-1", "setpoint").State == PropertyPhase.Conflict, Stop);

        Assert.Equal(1, edgeX.Commands.Sets);
    }

    [Fact]
    public async Task A_locked_device_waits_and_a_value_that_EdgeX_refuses_is_the_bundles_fault()
    {
        await using var edgeX = await ServeAsync();
        edgeX.Metadata.Stored("device", "Dryer 1")["adminState"] = "LOCKED";
        await using var rig = new DeviceRig();
        var unit = Dryer(edgeX.Url, new DesiredValue(DeviceRig.Number(95)));

        var locked = await rig.Runner.UntilAsync(unit, null, plan => plan.Status is UnitStatus.Unhealthy { Cause: FailureCause.Environment }, Stop);
        edgeX.Metadata.Stored("device", "Dryer 1")["adminState"] = "UNLOCKED";
        var refused = await rig.Runner.UntilAsync(unit, null, plan => plan.Status is UnitStatus.Unhealthy { Cause: FailureCause.Content }, Stop);

        Assert.Contains("423", ((UnitStatus.Unhealthy)locked.Status).Message, StringComparison.Ordinal);
        Assert.Contains("EdgeX says 400: failed to create CommandValue", ((UnitStatus.Unhealthy)refused.Status).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_change_that_the_bus_tells_of_is_put_right_before_the_next_look()
    {
        // A secured EdgeX asks at its bus who it is.
        using var folder = new TempDirectory();
        await File.WriteAllTextAsync(folder["secret"], "sesame", Stop);
        var made = await new CommandRunner(TimeProvider.System).RunAsync(
            new Command([NeedsPackage.OrSkip("mosquitto_passwd"), "-c", "-b", folder["passwords"], "agent", "sesame"]), Stop);
        Assert.True(made.Succeeded, made.Error);
        await using var broker = await TestMosquitto.StartAsync([$"password_file {folder["passwords"]}"], Stop);
        await using var edgeX = await ServeAsync();
        await using var rig = new EdgeXRig();
        var unit = EdgeXRig.Unit(edgeX, [EdgeXRig.Profile("own", "Level")], []);
        unit = unit with
        {
            Spec = (EdgeXSpec)unit.Spec with
            {
                Bus = $"mqtt://127.0.0.1:{broker.Port}",
                BusUser = "agent",
                BusPassword = [new ContentPart.Secret("edgex", "bus", Digest.Of([]), folder["secret"])],
            },
        };
        await rig.Runner.UntilReadyAsync(unit, Stop);
        await using var teller = await BusTeller.StartAsync(broker.Port, new MqttLogin("agent", "sesame"u8.ToArray()), Stop);

        edgeX.Metadata.Stored("deviceprofile", "own")["manufacturer"] = "somebody";

        // Told again and again: what is told before the agent has subscribed nobody hears, as with EdgeX itself.
        await rig.Runner.UntilAsync(unit, null, _ =>
        {
            teller.Tell("edgex/system-events/core-metadata/deviceprofile/update/core-metadata/own", """{"apiVersion":"v3"}""");
            return (string?)edgeX.Metadata.Stored("deviceprofile", "own")["manufacturer"] == "ACME";
        }, Stop);
    }

    private static async Task<EdgeXDouble> ServeAsync()
    {
        var edgeX = await EdgeXRig.ServeAsync();
        edgeX.Metadata.Put("deviceprofile", EdgeXRig.Profile("dryer", "Set point"));
        edgeX.Metadata.Put("device", EdgeXRig.Device("Dryer 1", "dryer"));
        return edgeX;
    }

    private static Unit Dryer(string url, DesiredValue desired) => new("dryer-1", new DeviceSpec
    {
        Protocol = DeviceProtocol.EdgeX,
        Connection = new DeviceConnection { Url = url, Device = "Dryer 1", TimeoutMs = 5_000 },
        Properties =
        [
            new DeviceProperty { Name = "setpoint", Type = DeviceValueType.Float32, Access = DeviceAccess.ReadWrite, PollMs = 50, Resource = "Set point", Desired = desired },
        ],
    });
}
