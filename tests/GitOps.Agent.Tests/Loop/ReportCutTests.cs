using CsCheck;
using GitOps.Agent.Loop;
using GitOps.Bundles;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Tests.Loop;

public sealed class ReportCutTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 24, 10, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_report_that_fits_is_sent_as_it_is()
    {
        var report = Report(units: 100, events: 100, devices: 3, message: 100);
        Assert.Same(report, ReportCut.Fit(report));
    }

    [Fact]
    public void Older_events_go_first_and_are_counted()
    {
        var cut = ReportCut.Fit(Report(units: 10, events: 3_000, devices: 0, message: 200));
        Assert.Equal(21, cut.Events.Count);
        Assert.Equal((AgentCodes.ReportCut.Id, "2980 older events are left out: the report was too long"), (cut.Events[0].Code, cut.Events[0].Message));
        Assert.Equal("event 2999", cut.Events[^1].Message[..10]);
        Assert.Equal(200, cut.Units[0].Message!.Length);
    }

    [Fact]
    public void Then_messages_and_lists_and_what_is_unwell_stays()
    {
        var cut = ReportCut.Fit(Report(units: 5_000, events: 10, devices: 200, message: 100));
        Assert.Equal(UnitPhase.Failed, cut.Units.Single(u => u.Id.Name == "n4999").State);
        Assert.Equal(80, cut.Units[0].Message!.Length);
        var missing = cut.Conditions.Single(c => c.Type == "Complete");
        Assert.Contains($"{cut.Units.Count} of 5000 units", missing.Message, StringComparison.Ordinal);
        Assert.Contains("of 2000 properties", missing.Message, StringComparison.Ordinal);
        Assert.Equal(cut.Units.Order(Comparer<UnitReport>.Create((a, b) => a.Id.CompareTo(b.Id))), cut.Units);
    }

    [Fact]
    public void Of_a_thousand_devices_each_is_named_and_the_properties_that_are_unwell_stay()
    {
        var report = Report(units: 10, events: 0, devices: 1_000, message: 0);
        var unwell = report.Devices[^1].Properties[9] with { Desired = new DeviceValue.Number(1), State = PropertyPhase.Conflict };
        var desired = report.Devices[500].Properties[5] with { Desired = new DeviceValue.Number(1), State = PropertyPhase.Applied };
        var cut = ReportCut.Fit(report with
        {
            Devices = report.Devices.Select((device, i) => i == 999 ? device with { Properties = device.Properties.Take(9).Append(unwell).ToEquatableArray() }
                : i == 500 ? device with { Properties = device.Properties.Where((_, p) => p != 5).Append(desired).ToEquatableArray() }
                : device).ToEquatableArray(),
        }, limitBytes: 200_000);

        Assert.Equal(1_000, cut.Devices.Count);
        Assert.Contains(unwell, cut.Devices[^1].Properties);
        Assert.Contains(desired, cut.Devices[500].Properties);
        Assert.Equal(1_000, cut.Devices.Sum(device => device.Properties.Count));
    }

    [Fact]
    public void Every_report_fits_and_can_be_read() =>
        Gen.Select(Gen.Int[0, 3_000], Gen.Int[0, 1_000], Gen.Int[0, 200], Gen.Int[0, 400]).Sample((units, events, devices, message) =>
        {
            var cut = ReportCut.Fit(Report(units, events, devices, message));
            var bytes = ReportJson.Write(cut with { Oldest = long.MaxValue });
            Assert.Equal(cut with { Oldest = long.MaxValue }, ReportJson.TryReadReport(bytes));
        }, iter: 12);

    private static NodeReport Report(int units, int events, int devices, int message) => new()
    {
        Fleet = "f",
        Node = "n",
        BootId = "b",
        Sequence = 1,
        Time = Now,
        Agent = new AgentVersion("1", 1),
        Phase = NodePhase.Degraded,
        Conditions = [new Condition("Ready", "False", "Degraded", new string('c', message), Now)],
        Units = Enumerable.Range(0, units)
            .Select(i => new UnitReport(new UnitId("workload", $"n{i:0000}"), i == units - 1 ? UnitPhase.Failed : UnitPhase.Ready) { Message = new string('m', message) })
            .ToEquatableArray(),
        Holds = Enumerable.Range(0, units / 2)
            .Select(i => new HoldReport(new UnitId("workload", $"n{i:0000}"), new string('w', message), new string('u', message))).ToEquatableArray(),
        Devices = Enumerable.Range(0, devices)
            .Select(i => new DeviceReport($"d{i:000}", true)
            {
                Properties = Enumerable.Range(0, 10).Select(p => new PropertyReport($"p{p}") { Message = new string('p', message) }).ToEquatableArray(),
            }).ToEquatableArray(),
        Events = Enumerable.Range(0, events).Select(i => new EventReport(Now, "AGT000", $"event {i} {new string('e', message)}")).ToEquatableArray(),
    };
}
