using CsCheck;
using GitOps.Agent.Planning;
using GitOps.Bundles.Units;
using static GitOps.Agent.Tests.Devices.Plcs;

namespace GitOps.Agent.Tests.Devices;

/// <summary>Whatever happens between a bundle and a device: it converges afterwards, and <c>once</c> means once.</summary>
public sealed class DesiredValueTests
{
    private static readonly Gen<Action<FakeDevice>> AnyEvent = Gen.OneOf<Action<FakeDevice>>(
        device => device.Pass(TimeSpan.FromSeconds(7)),
        device => device.Pass(TimeSpan.FromMinutes(6)),
        device => device.IsAway = true,
        device => device.IsAway = false,
        device => device.Refuses = true,
        device => device.Refuses = false,
        device => device.LosesNextAnswer = true,
        device => device.Restart(),
        device => device.Reboot(),
        device => device["setpoint"] = Number(65));

    [Fact]
    public void Any_device_converges_once_faults_stop_and_planning_again_changes_nothing() =>
        Gen.Select(AnyEvent.List[0, 25], AnyDesired).Sample((events, desired) =>
        {
            var unit = Unit(Running, Setpoint(desired));
            var device = Strike(unit, events);
            (device.IsAway, device.Refuses, device.LosesNextAnswer) = (false, false, false);

            var left = device.Converge(unit);

            return left.Status is UnitStatus.Ready && left.Steps.IsEmpty && left.Holds.IsEmpty &&
                   (desired.Apply == ApplyMode.Once || device["setpoint"] == desired.Value);
        });

    [Fact]
    public void A_value_applied_once_is_acknowledged_at_most_once_per_version_whatever_happens() =>
        AnyEvent.List[0, 40].Sample(events =>
            Strike(Unit(Setpoint(new DesiredValue(Number(70)))), events).Acknowledged.GroupBy(a => a).All(g => g.Count() == 1));

    [Fact]
    public void What_cannot_be_read_back_reaches_the_device_at_most_once_per_version() =>
        AnyEvent.List[0, 40].Sample(events =>
            Strike(Unit(Setpoint(new DesiredValue(Number(70)), DeviceAccess.Write)), events).Arrived.Count <= 1);

    private static Gen<DesiredValue> AnyDesired { get; } =
        Gen.Select(Gen.Int[1, 80], Gen.OneOf(ApplyMode.Once, ApplyMode.Hold))
            .Select((value, apply) => new DesiredValue(Number(value)) { Apply = apply });

    private static FakeDevice Strike(Unit unit, IEnumerable<Action<FakeDevice>> events)
    {
        var device = Device(unit);
        foreach (var strike in events)
        {
            strike(device);
            device.Turn(unit);
        }

        return device;
    }
}
