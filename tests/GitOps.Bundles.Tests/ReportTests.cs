using System.Text;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;
using GitOps.TestKit;

namespace GitOps.Bundles.Tests;

public sealed class ReportTests
{
    private static readonly DateTimeOffset At = new(2026, 11, 24, 10, 0, 0, TimeSpan.Zero);

    internal static readonly NodeReport Sample = new()
    {
        Fleet = "3f0c6f4e-6f5e-4c7e-9b5e-0d2f5a0c1e11",
        Node = "press-1",
        BootId = "00112233445566778899aabbccddeeff",
        Sequence = 41,
        Time = At,
        Agent = new AgentVersion("0.1.0", 1),
        Generation = 17,
        Bundle = Digest.Of("bundle"u8),
        Revision = "c0ffee",
        SeenGeneration = 18,
        Phase = NodePhase.Waiting,
        Conditions = [new Condition("Ready", "False", "Waiting", "workload/web waits", At)],
        Units = [new UnitReport(UnitId.Parse("workload/web"), UnitPhase.Waiting) { Message = "no clock yet", Restarts = 2 }],
        Holds = [new HoldReport(UnitId.Parse("workload/web"), "the clock", "chrony reports its first offset")],
        Quarantined = [new QuarantineReport(Digest.Of("bad"u8), "probe http failed") { Unit = UnitId.Parse("workload/web") }],
        Clock = new ClockReport { Managed = true, Synchronised = true, Offset = 0.000012m, ErrorBoundMs = 3.5m, Stratum = 3, Source = "10.0.0.1" },
        Volumes = [new VolumeReport("data", 1024) { LimitBytes = 1048576 }],
        Devices =
        [
            new DeviceReport("plc-1", true)
            {
                Alarms = [new AlarmReport("too-hot", AlarmSeverity.Critical, 12_000) { Value = new DeviceValue.Number(91) }],
                Properties =
                [
                    new PropertyReport("setpoint")
                    {
                        Reported = new DeviceValue.Number(70.5m),
                        Desired = new DeviceValue.Number(70.5m),
                        State = PropertyPhase.Applied,
                        AgeMs = 300,
                    },
                ],
            },
        ],
        Events = [new EventReport(At, "AGT031", "restarted") { Unit = UnitId.Parse("workload/web") }],
    };

    /// <summary>What is written today, yesterday's reader must understand: members are added, never renamed.</summary>
    [Fact]
    public void The_report_of_format_1_keeps_its_members() =>
        Golden.Verify("report.v1.json", Encoding.UTF8.GetString(ReportJson.Write(Sample)));

    [Fact]
    public void A_report_reads_back_and_tolerates_what_it_does_not_know()
    {
        var bytes = Encoding.UTF8.GetString(ReportJson.Write(Sample)).Replace("{\"format\":1,", "{\"format\":1,\"later\":{\"a\":[1]},", StringComparison.Ordinal);
        var read = ReportJson.TryReadReport(Encoding.UTF8.GetBytes(bytes));
        Assert.NotNull(read);
        Assert.Equal(ReportJson.Write(Sample), ReportJson.Write(read));
    }

    internal static readonly ValueRecord[] Values =
    [
        new(At, "oven-1")
        {
            Property = "temperature", Value = new DeviceValue.Number(70.5m), Minimum = 70, Maximum = 91.25m, Mean = 75.1m, Count = 60, IntervalMs = 60_000,
        },
        new(At.AddMicroseconds(1), "oven-1") { Property = "running", Value = new DeviceValue.Boolean(false) },
        new(At, "oven-1") { Property = "recipe", Text = "70.5" },
        new(At, "oven-1") { Property = "pressure", Quality = ValueQuality.Stale },
        new(At, "oven-1") { Lost = 12 },
    ];

    internal static byte[] Lines(IEnumerable<ValueRecord> records) => [.. records.SelectMany(record => ReportJson.Write(record).Append((byte)'\n'))];

    [Fact]
    public void Values_go_up_a_line_each_and_a_line_that_is_none_spoils_no_other()
    {
        Golden.Verify("values.v1.ndjson", Encoding.UTF8.GetString(Lines(Values)));
        var (records, unreadable) = ValueLines.Read(Encoding.UTF8.GetBytes("{}\n\n" + Encoding.UTF8.GetString(Lines(Values)) + "null"));
        Assert.Equal(Values, records);
        Assert.Equal(2, unreadable);
        var receipt = new ValueReceipt(3, 1) { Why = "some lines are no values" };
        Assert.Equal(receipt, ReportJson.TryReadReceipt(ReportJson.Write(receipt)));
    }

    [Fact]
    public void A_record_says_one_thing_of_a_property_that_can_be()
    {
        ValueRecord one = Values[0];
        Assert.All(Values, record => Assert.True(record.IsWhole));
        Assert.All(
            new[]
            {
                one with { Device = "Oven 1" }, one with { Property = null }, one with { Property = "a/b" }, one with { Property = new string('p', 64) }, one with { Value = null },
                one with { Text = "too" }, one with { Quality = ValueQuality.Bad }, one with { Lost = 1 }, one with { Count = 0 }, one with { IntervalMs = -1 },
                Values[3] with { Quality = ValueQuality.Good }, Values[4] with { Lost = 0 }, Values[2] with { Text = new string('t', ValueRecord.MaxTextLength + 1) },
            },
            record => Assert.False(record.IsWhole));
    }

    [Fact]
    public void A_report_says_how_containers_are_and_how_they_ended()
    {
        var report = Sample with
        {
            Units =
            [
                new UnitReport(UnitId.Parse("workload/shop"), UnitPhase.Ready)
                {
                    Containers =
                    [
                        new ContainerReport("db", "localhost/db@sha256:67d8318a036ed43a073407a10acd98d812c176b3780811c6c8bd9d1f87302edf", ContainerPhase.Running)
                        {
                            Restarts = 1,
                            LastEnd = new ContainerEndReport(Sample.Time, 137) { OutOfMemory = true, Because = "probe", LastLines = ["one", "two"] },
                        },
                    ],
                },
            ],
        };
        var json = Encoding.UTF8.GetString(ReportJson.Write(report));
        Assert.Contains(""""lastEnd":{"time":"""", json, StringComparison.Ordinal);
        Assert.Contains(""""exitCode":137,"outOfMemory":true,"because":"probe","lastLines":["one","two"]}"""", json, StringComparison.Ordinal);
        Assert.Equal(report.Units, ReportJson.TryReadReport(Encoding.UTF8.GetBytes(json))!.Units);
        Assert.DoesNotContain("containers", Encoding.UTF8.GetString(ReportJson.Write(Sample)), StringComparison.Ordinal);
    }

    internal static readonly NodeReport WithSyncs = Sample with
    {
        Syncs =
        [
            new SyncReport("recipes", SyncPhase.Running)
            {
                LastSuccess = At,
                Last = new SyncCounts(120, 4_096_000, 3, 1),
                Progress = new SyncProgress(1_000, 4_000),
                Message = "AGT125: it was away",
            },
            new SyncReport("vault", SyncPhase.Waiting) { LastSuccess = At, Last = new SyncCounts(12, 4_096, 2, 0), Snapshot = "70e3ce82", VerifiedAt = At },
        ],
    };

    [Fact]
    public void A_report_says_how_syncs_are_and_nothing_where_there_are_none()
    {
        var json = Encoding.UTF8.GetString(ReportJson.Write(WithSyncs));
        Assert.Contains(""""
            "syncs":[{"name":"recipes","state":"running","lastSuccess":"
            """".Trim(), json, StringComparison.Ordinal);
        Assert.Contains(""""
            "last":{"files":120,"bytes":4096000,"moved":3,"conflicts":1},"progress":{"bytes":1000,"totalBytes":4000},"message":"AGT125: it was away"},{"name":"vault"
            """".Trim(), json, StringComparison.Ordinal);
        Assert.Equal(WithSyncs.Syncs, ReportJson.TryReadReport(Encoding.UTF8.GetBytes(json))!.Syncs);
        Assert.DoesNotContain("syncs", Encoding.UTF8.GetString(ReportJson.Write(Sample)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("{\"format\":2}")]
    [InlineData("[1]")]
    [InlineData("null")]
    public void What_is_no_report_reads_as_none(string json) => Assert.Null(ReportJson.TryReadReport(Encoding.UTF8.GetBytes(json)));

    [Fact]
    public void Hint_and_ack_read_back()
    {
        Assert.Equal(new Hint(17), ReportJson.TryReadHint(ReportJson.Write(new Hint(17))));
        Assert.Equal(new Ack("b", 4), ReportJson.TryReadAck(ReportJson.Write(new Ack("b", 4))));
    }
}
