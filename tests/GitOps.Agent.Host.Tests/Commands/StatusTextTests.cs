using System.Text;
using GitOps.Agent.Host.Commands;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;
using GitOps.TestKit;

namespace GitOps.Agent.Host.Tests.Commands;

public sealed class StatusTextTests
{
    private static readonly NodeReport Report = new()
    {
        Fleet = "f",
        Node = "press-1",
        BootId = "b",
        Sequence = 1,
        Time = DateTimeOffset.UnixEpoch,
        Agent = new AgentVersion("0", 1),
        Phase = NodePhase.Converged,
    };

    [Fact]
    public void Clock_volumes_syncs_and_devices_of_a_node() => Golden.Verify("commands/held.txt", Text(Report with
    {
        Clock = new ClockReport { Managed = true, Synchronised = true, Offset = -0.000_012m, ErrorBoundMs = 3.25m, Stratum = 3, Source = "10.0.0.1" },
        Volumes = [new VolumeReport("data", 1_024) { LimitBytes = 1_048_576 }, new VolumeReport("logs", 7)],
        Syncs = [new SyncReport("recipes", SyncPhase.Running) { Progress = new SyncProgress(41, 100), Message = "AGT125: i/o timeout" }],
        Devices =
        [
            new DeviceReport("plc-1", true)
            {
                Alarms = [new AlarmReport("too-hot", AlarmSeverity.Critical, 61_000) { Value = new DeviceValue.Number(91.5m) }],
                Properties =
                [
                    new PropertyReport("setpoint") { Reported = new DeviceValue.Number(70.5m), Desired = new DeviceValue.Number(70.5m), State = PropertyPhase.Applied, AgeMs = 340 },
                    new PropertyReport("mode")
                    {
                        Reported = new DeviceValue.Text("\u001b[2Jauto"), Desired = new DeviceValue.Text("manual"), State = PropertyPhase.Rejected,
                        Quality = ValueQuality.Stale, AgeMs = 61_000, Message = "exception 3 of the device",
                    },
                    new PropertyReport("speed"),
                ],
            },
            new DeviceReport("plc-2", false) { Message = "10.0.0.9: connection refused" },
        ],
    }));

    [Fact]
    public void Clocks_that_are_not_trusted_say_why()
    {
        var clock = new ClockReport { Managed = true, Synchronised = true, Isolated = true, Offset = 0, ErrorBoundMs = 1, Stratum = 11, Source = "10.1.0.2" };
        Assert.Equal(
            "press-1: converged, nothing committed yet\nclock: agreed upon in this site, which hears no real clock; 0 ms ahead of 10.1.0.2 (stratum 11), at most 1 ms off\n",
            Text(Report with { Clock = clock }));
        Assert.EndsWith("clock: not trusted; only measured, no chronyd keeps it\n", Text(Report with { Clock = new ClockReport { Managed = false, Synchronised = false } }), StringComparison.Ordinal);
    }

    [Fact]
    public void Of_many_devices_those_are_listed_with_which_something_is_the_matter()
    {
        var text = Text(Report with { Devices = [.. Enumerable.Range(1, 100).Select(i => new DeviceReport($"plc-{i}", Online: i != 7))] });
        Assert.EndsWith("100 devices, 1 of them offline\ndevice/plc-7: offline\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("plc-8", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("null", "2 KiB of values wait to go up\n")]
    [InlineData("\"the control plane does not answer\"", "2 KiB of values wait to go up: the control plane does not answer\n")]
    public void Values_that_wait_say_how_much_and_why(string because, string line) =>
        Assert.EndsWith(line, Text(Report, $",\"values\":{{\"waitingBytes\":1025,\"because\":{because}}}"), StringComparison.Ordinal);

    private static string Text(NodeReport report, string more = "")
    {
        using var status = System.Text.Json.JsonDocument.Parse($"{{\"report\":{Encoding.UTF8.GetString(ReportJson.Write(report))}{more}}}");
        return StatusText.Render(status.RootElement);
    }
}
