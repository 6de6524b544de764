using System.Globalization;
using System.Text;
using CsCheck;
using GitOps.Agent.Devices;
using GitOps.Bundles.Units;
using GitOps.TestKit;

namespace GitOps.Agent.Tests.Devices;

/// <summary>What readings make of alarms, and which of them are told; each case is one reading a second.</summary>
public sealed class AlarmTests
{
    [Theory]
    [InlineData("above", "88 90 91 90 89 91 88")]
    [InlineData("above-with-hysteresis", "88 91 90 89 88 88.1 87 91 95 90")]
    [InlineData("above-after-a-delay", "91 91 90 91 91 91 92 88")]
    [InlineData("below-with-hysteresis", "12 9 10 11 12 13 8")]
    [InlineData("unread-in-between", "91 91 ? 91 91 91 ? ? 91 87")]
    public void An_alarm_as_readings_make_it(string name, string readings) => Golden.Verify($"devices/alarm-{name}.txt", Transcript(RuleOf(name), readings));

    [Fact]
    public void An_alarm_of_a_word_and_of_a_bool()
    {
        var word = new AlarmRule("stopped", "mode") { EqualTo = new DeviceValue.Text("fault") };
        var alarm = AlarmJudge.After(word, new AlarmState("stopped"), new DeviceValue.Text("fault"), TimeSpan.Zero);

        Assert.True(alarm.IsActive);
        Assert.False(AlarmJudge.After(word, alarm, new DeviceValue.Text("run"), TimeSpan.Zero).IsActive);
        Assert.True(AlarmJudge.After(word with { EqualTo = new DeviceValue.Boolean(true) }, new AlarmState("stopped"), new DeviceValue.Boolean(true), TimeSpan.Zero).IsActive);
    }

    [Fact]
    public void An_alarm_is_active_only_after_its_delay_and_never_flutters_within_its_hysteresis() =>
        Gen.Select(Gen.Int[80, 100].Array[1, 60], Gen.Int[0, 5], Gen.Int[0, 5]).Sample((values, hysteresis, delay) =>
        {
            var rule = new AlarmRule("a", "p") { Above = 90, Hysteresis = hysteresis, DelayMs = delay * 1_000 };
            var (alarm, beyond, isRight) = (new AlarmState("a"), 0, true);
            for (var i = 0; i < values.Length; i++)
            {
                var before = alarm;
                alarm = AlarmJudge.After(rule, before, new DeviceValue.Number(values[i]), TimeSpan.FromSeconds(i));
                beyond = values[i] > 90 ? beyond + 1 : 0;
                isRight &= (before.IsActive, alarm.IsActive) switch
                {
                    (false, true) => beyond > delay,
                    (true, false) => values[i] <= 90 - hysteresis,
                    (false, false) => beyond <= delay,
                    (true, true) => values[i] > 90 - hysteresis,
                };
            }

            return isRight;
        });

    [Theory]
    [InlineData("deadband", "20 20.4 20.5 20.6 21.2 20.1 20.0")]
    [InlineData("on-change", "20 20 21 21 20")]
    [InlineData("interval", "20 21 25 20 22 22 22 22 30 31")]
    [InlineData("interval-with-deadband", "20 20 20 20 20 20 20 20 29 20 20 20")]
    public void Values_that_are_told(string name, string readings)
    {
        var filter = new ReportFilter(name switch
        {
            "deadband" => new ReportRule { Deadband = 0.5m },
            "on-change" => new ReportRule { Deadband = 0 },
            "interval" => new ReportRule { EveryMs = 3_000 },
            _ => new ReportRule { EveryMs = 3_000, Deadband = 0.5m },
        });
        var text = new StringBuilder();
        foreach (var (second, value) in readings.Split(' ').Index())
        {
            var told = filter.Next(new DeviceValue.Number(decimal.Parse(value, CultureInfo.InvariantCulture)), TimeSpan.FromSeconds(second));
            text.AppendLine(CultureInfo.InvariantCulture, $"{second} s  reads {value}{(told is null ? "" : $"  told {told.Value}{(told.Interval is { } i ? $" (min {i.Minimum}, max {i.Maximum}, mean {i.Mean}, of {i.Count})" : "")}")}");
        }

        Golden.Verify($"devices/report-{name}.txt", text.ToString());
    }

    [Fact]
    public void A_summary_lies_between_its_ends_and_no_value_is_in_two() =>
        Gen.Decimal[-1_000_000, 1_000_000].Array[1, 80].Sample(values =>
        {
            var filter = new ReportFilter(new ReportRule { EveryMs = 5_000 });
            var told = values.Index().Select(v => filter.Next(new DeviceValue.Number(v.Item), TimeSpan.FromSeconds(v.Index))).OfType<ToldValue>().ToList();
            return told.Sum(t => t.Interval!.Count) <= values.Length &&
                   told.TrueForAll(t => t.Interval!.Minimum <= t.Interval.Mean + 0.000000001m && t.Interval.Mean <= t.Interval.Maximum + 0.000000001m);
        });

    [Theory]
    [InlineData("restart", "88 91 - 91 90 88", true)]
    [InlineData("restart-during-the-delay", "91 91 - 91 91 91 91", true)]
    [InlineData("reboot-with-a-trusted-clock", "91 91 91 91 = 91 87", true)]
    [InlineData("reboot-without-a-trusted-clock", "91 91 91 91 = 91 87", false)]
    public void An_alarm_across_a_restart(string name, string readings, bool clockTrusted)
    {
        var rule = new AlarmRule("hot", "temperature") { Above = 90, DelayMs = name == "restart" ? 0 : 2_000, Hysteresis = 2 };
        var spec = new DeviceSpec { Protocol = DeviceProtocol.Simulated, Connection = new DeviceConnection(), Properties = [], Alarms = [rule] };
        var (alarm, text, boot) = (new AlarmState(rule.Name), new StringBuilder(), "first");
        foreach (var (second, word) in readings.Split(' ').Index())
        {
            var (now, ago) = (TimeSpan.FromSeconds(second), TimeSpan.FromHours(1));
            Moment At(string id) => new(new BootTime(id, now + ago), DateTimeOffset.UnixEpoch + now, clockTrusted);
            if (word is "-" or "=")
            {
                var kept = AlarmMemory.Of(new DeviceState { Now = now, Boot = At(boot).Boot, Alarms = [alarm] }, At(boot)).Write();
                boot = word == "=" ? "second" : boot;
                alarm = AlarmMemory.TryRead(kept)!.Begin(spec, now, At(boot))[0];
            }
            else
            {
                alarm = AlarmJudge.After(rule, alarm, new DeviceValue.Number(decimal.Parse(word, CultureInfo.InvariantCulture)), now);
            }

            text.AppendLine(CultureInfo.InvariantCulture,
                $"{second} s  {word switch { "-" => "restart", "=" => "reboot", _ => $"reads {word}" }}  {(alarm.IsActive ? $"alarm since {alarm.ChangedAt!.Value.TotalSeconds} s, by {alarm.Value}" : alarm.PendingSince is { } since ? $"pending since {since.TotalSeconds} s" : "quiet")}");
        }

        Golden.Verify($"devices/alarm-{name}.txt", text.ToString());
    }

    private static AlarmRule RuleOf(string name) => name switch
    {
        "above" => new AlarmRule("hot", "temperature") { Above = 90 },
        "above-with-hysteresis" => new AlarmRule("hot", "temperature") { Above = 90, Hysteresis = 2 },
        "above-after-a-delay" => new AlarmRule("hot", "temperature") { Above = 90, DelayMs = 2_000 },
        "below-with-hysteresis" => new AlarmRule("cold", "temperature") { Below = 10, Hysteresis = 2 },
        _ => new AlarmRule("hot", "temperature") { Above = 90, DelayMs = 2_000, Hysteresis = 2 },
    };

    private static string Transcript(AlarmRule rule, string readings)
    {
        var (alarm, text) = (new AlarmState(rule.Name), new StringBuilder());
        foreach (var (second, word) in readings.Split(' ').Index())
        {
            DeviceValue? value = word == "?" ? null : new DeviceValue.Number(decimal.Parse(word, CultureInfo.InvariantCulture));
            alarm = AlarmJudge.After(rule, alarm, value, TimeSpan.FromSeconds(second));
            text.AppendLine(CultureInfo.InvariantCulture,
                $"{second} s  reads {word}  {(alarm.IsActive ? $"alarm since {alarm.ChangedAt!.Value.TotalSeconds} s" : alarm.PendingSince is { } since ? $"pending since {since.TotalSeconds} s" : "quiet")}");
        }

        return text.ToString();
    }
}
