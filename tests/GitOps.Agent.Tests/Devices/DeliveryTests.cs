using CsCheck;
using GitOps.Agent.Devices;
using GitOps.Agent.Planning;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;
using static GitOps.Agent.Tests.Devices.Plcs;

namespace GitOps.Agent.Tests.Devices;

/// <summary>
/// Versions of a desired value, one after the other, over a network that loses three exchanges in ten (the request or the
/// answer, of reads and of writes), with an agent that restarts: none is lost, none is written twice, none is written late.
/// </summary>
public sealed class DeliveryTests
{
    private static readonly TimeSpan ThreeWeeks = TimeSpan.FromDays(21);

    [Fact]
    public void Every_version_is_written_once_and_reported_as_it_is_whatever_the_network_loses() =>
        Gen.Select(Gen.Int[1, 80].List[1, 6], Gen.Int[0, 9].Array[40, 80], Gen.OneOf(ApplyMode.Once, ApplyMode.Hold)).Sample((values, luck, apply) =>
        {
            var device = Device(Unit(Running, Setpoint(null)));
            device.Network = Lossy(luck);
            foreach (var value in values)
            {
                var before = (Reads: device["setpoint"], Arrived: device.Arrived.Count);
                var unit = Unit(Running, Setpoint(new DesiredValue(Number(value)) { Apply = apply }));
                var passes = Deliver(device, unit, luck);

                Assert.True(passes < 300, $"{value} was not applied");
                Assert.Equal(Number(value), device["setpoint"]);
                Assert.Equal(before.Reads == Number(value) ? 0 : 1, device.Arrived.Count - before.Arrived);
            }
        });

    [Fact]
    public void What_was_confirmed_once_is_never_written_again_whatever_a_hand_at_the_panel_sets() =>
        Gen.Select(Gen.Int[0, 9].Array[40, 80], Gen.Int[0, 59].List[1, 40]).Sample((luck, events) =>
        {
            var unit = Unit(Setpoint(new DesiredValue(Number(70))));
            var device = Device(unit);
            device.Network = Lossy(luck);
            int? atConfirmation = null;
            foreach (var what in events)
            {
                if (what < 12)
                {
                    device["setpoint"] = Number(what);
                }
                else if (what < 18)
                {
                    device.Restart();
                }

                device.Turn(unit);
                device.Pass(TimeSpan.FromSeconds(what));
                atConfirmation ??= device.Memory.Find("setpoint")?.Stage is MemoryStage.Written or MemoryStage.Applied ? device.Arrived.Count : null;
            }

            return atConfirmation is null || device.Arrived.Count == atConfirmation;
        });

    [Fact]
    public void A_value_is_never_written_later_than_it_is_valid_whatever_was_away_and_for_how_long() =>
        Gen.Select(Gen.Int[0, 9].Array[40, 80], Gen.Int[0, 12].List[1, 40], Gen.OneOf(ApplyMode.Once, ApplyMode.Hold)).Sample((luck, events, apply) =>
        {
            var unit = Unit(Setpoint(new DesiredValue(Number(70)) { Apply = apply, ValidForMs = 3_600_000 }));
            var device = Device(unit);
            device.Network = Lossy(luck);
            device.IsAway = true;
            device.Turn(unit);
            var seenAt = device.TrueTime;
            foreach (var what in events)
            {
                Strike(device, what);
                var before = device.Arrived.Count;
                device.Turn(unit);
                if (device.Arrived.Count > before && device.TrueTime - seenAt > TimeSpan.FromHours(1) + TimeSpan.FromSeconds(1))
                {
                    return false;
                }
            }

            return true;
        });

    [Fact]
    public void A_device_that_was_away_for_three_weeks_is_told_nothing_that_is_over()
    {
        var unit = Unit(Setpoint(new DesiredValue(Number(70)) { ValidForMs = 3_600_000 }));
        var device = Device(unit);
        device.IsAway = true;
        device.Turn(unit);
        device.Pass(ThreeWeeks);
        device.IsAway = false;

        Assert.Equal("ready\n", device.Converge(unit).ToText());
        Assert.Empty(device.Arrived);
    }

    [Fact]
    public void A_value_that_the_node_goes_back_to_is_no_younger_for_it()
    {
        var older = Unit(Setpoint(new DesiredValue(Number(70)) { ValidForMs = 3_600_000 }));
        var failed = Unit(Setpoint(new DesiredValue(Number(80))));
        var device = Device(older);
        device.Converge(older);
        device.Pass(ThreeWeeks);
        device.Converge(failed);
        device.Turn(older, owned: failed, device.Clock with { IsReturn = true });

        Assert.Equal("ready\n", device.Converge(older).ToText());
        Assert.Equal([Number(70), Number(80)], device.Arrived.Select(a => a.Value));
    }

    [Fact]
    public void A_value_that_Git_asks_for_again_after_another_one_is_as_young_as_that()
    {
        var device = Device(Unit(Setpoint(null)));
        foreach (var value in (int[])[70, 80, 70])
        {
            device.Converge(Unit(Setpoint(new DesiredValue(Number(value)) { ValidForMs = 3_600_000 })));
            device.Pass(ThreeWeeks);
        }

        Assert.Equal([Number(70), Number(80), Number(70)], device.Arrived.Select(a => a.Value));
    }

    [Fact]
    public void Writes_that_nothing_answers_become_rare()
    {
        var unit = Unit(Setpoint(new DesiredValue(Number(70))));
        var device = Device(unit);
        device.Turn(unit);
        device.Pass(TimeSpan.Zero);
        var writes = 0;
        for (var second = 0; second < 600; second++)
        {
            var isWrite = device.Plan(unit).Steps is [DeviceStep.Write];
            writes += isWrite ? 1 : 0;
            device.Network = () => isWrite ? Loss.Request : Loss.None;
            device.Turn(unit);
            device.Network = null;
            device.Pass(TimeSpan.FromSeconds(1));
        }

        Assert.InRange(writes, 5, 12);
    }

    /// <returns>How many passes it took until the version was reported as applied.</returns>
    private static int Deliver(FakeDevice device, Unit unit, int[] luck)
    {
        for (var pass = 0; pass < 300; pass++)
        {
            device.Turn(unit);
            if (luck[pass % luck.Length] == 8)
            {
                device.Reconnect();
                device.Turn(unit);
            }

            device.Pass(TimeSpan.FromSeconds(10));
            if (luck[pass % luck.Length] == 9)
            {
                device.Restart();
                continue;
            }

            var report = DeviceReporting.Report("plc-1", (DeviceSpec)unit.Spec, device.Observe(unit), device.Clock);
            if (device.Plan(unit) is { Steps.IsEmpty: true, Status: UnitStatus.Ready } && report.Properties.Single(p => p.Name == "setpoint").State == PropertyPhase.Applied)
            {
                return pass;
            }
        }

        return int.MaxValue;
    }

    /// <summary>Three in ten are lost, and which is the next number of the luck.</summary>
    private static Func<Loss> Lossy(int[] luck)
    {
        var next = 0;
        return () => luck[next++ % luck.Length] switch { 0 => Loss.Request, 1 or 2 => Loss.Answer, _ => Loss.None };
    }

    private static void Strike(FakeDevice device, int what)
    {
        switch (what)
        {
            case 0 or 1:
                device.IsAway = !device.IsAway;
                break;
            case 2:
                device.Restart();
                break;
            case 3:
                device.Reboot(TimeSpan.FromMinutes(5));
                break;
            case 4:
                device.Reboot(ThreeWeeks);
                break;
            case 5:
                device.IsClockTrusted = !device.IsClockTrusted;
                break;
            case 6:
                device["setpoint"] = Number(65);
                break;
            case 7:
                device.Pass(ThreeWeeks);
                break;
            default:
                device.Pass(TimeSpan.FromMinutes(what));
                break;
        }
    }
}
