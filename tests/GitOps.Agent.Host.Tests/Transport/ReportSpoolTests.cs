using CsCheck;
using GitOps.Agent.Host.Transport;
using GitOps.Bundles.Reports;
using GitOps.Platform.Files;
using GitOps.TestKit.Files;

namespace GitOps.Agent.Host.Tests.Transport;

public sealed class ReportSpoolTests
{
    [Fact]
    public void Each_report_says_the_lowest_of_its_boot_that_is_still_held()
    {
        var layer = new MemoryFileLayer();
        layer.EnsureDirectory("/state", AtomicFile.Private);
        var spool = new ReportSpool(layer, "/state/reports.log");
        foreach (var (boot, sequence) in new[] { ("a", 3L), ("a", 4L), ("b", 1L), ("b", 2L) })
        {
            spool.Add(Report(boot, sequence));
        }

        spool.Acknowledge(new Ack("a", 3));
        Assert.Equal(
            [("a", 4L, 4L), ("b", 1L, 1L), ("b", 2L, 1L)],
            spool.Oldest(10).Select(r => (r.BootId, r.Sequence, r.Oldest!.Value)));
    }

    [Fact]
    public void When_the_bound_is_reached_the_oldest_go_and_their_number_is_told_once()
    {
        var layer = new MemoryFileLayer();
        layer.EnsureDirectory("/state", AtomicFile.Private);
        var spool = new ReportSpool(layer, "/state/reports.log", limitBytes: 4_000);
        for (var i = 1; i <= 40; i++)
        {
            spool.Add(Report("a", i));
        }

        spool = new ReportSpool(layer, "/state/reports.log", limitBytes: 4_000); // restarted
        var held = spool.Oldest(100);
        Assert.Equal(40, held[^1].Sequence);
        Assert.Equal(40 - held.Count, spool.TakeDropped());
        Assert.Equal(0, spool.TakeDropped());
        Assert.Equal(0, new ReportSpool(layer, "/state/reports.log", limitBytes: 4_000).TakeDropped());
        Assert.InRange(layer.Stat("/state/reports.log")!.SizeBytes, 1, 4_000);
    }

    [Fact]
    public void Whatever_happens_to_it_the_queue_is_in_order_within_its_bound_and_keeps_the_newest() =>
        Gen.OneOf(Gen.Const((Add: true, Argument: 0)), Gen.Const((Add: true, Argument: 0)), Gen.Int[0, 60].Select(i => (Add: false, Argument: i)))
            .Array[0, 120].Sample(actions =>
            {
                const int Bound = 4_000;
                var layer = new MemoryFileLayer();
                layer.EnsureDirectory("/state", AtomicFile.Private);
                var (spool, newest, acknowledged) = (new ReportSpool(layer, "/state/reports.log", Bound), 0L, 0L);
                foreach (var (add, argument) in actions)
                {
                    if (add)
                    {
                        spool.Add(Report("a", ++newest));
                    }
                    else if (argument % 7 == 0)
                    {
                        spool = new ReportSpool(layer, "/state/reports.log", Bound); // killed, and started again
                        spool.Acknowledge(new Ack("a", acknowledged));
                    }
                    else
                    {
                        acknowledged = Math.Max(acknowledged, Math.Min(argument, newest));
                        spool.Acknowledge(new Ack("a", acknowledged));
                    }

                    var held = spool.Oldest(1000).Select(r => r.Sequence).ToList();
                    Assert.Equal(held.Order().Distinct(), held);
                    Assert.All(held, sequence => Assert.InRange(sequence, acknowledged + 1, newest));
                    Assert.True(held.Count > 0 || acknowledged == newest, "the newest that is not acknowledged is held");
                    Assert.True(held.Count == 0 || held[^1] == newest, "the newest is held");
                    Assert.InRange(layer.Stat("/state/reports.log")!.SizeBytes, 1, Bound);
                }
            });

    [Fact]
    public void What_is_not_acknowledged_outlives_a_restart()
    {
        var layer = new MemoryFileLayer();
        layer.EnsureDirectory("/state", AtomicFile.Private);
        var spool = new ReportSpool(layer, "/state/reports.log");
        spool.Add(Report("a", 1));
        spool.Add(Report("a", 2));
        spool.Acknowledge(new Ack("a", 1));

        var again = new ReportSpool(layer, "/state/reports.log");
        Assert.Contains(again.Oldest(10), r => r.Sequence == 2);
        again.Acknowledge(new Ack("a", 2));
        Assert.Empty(again.Oldest(10));
    }

    private static NodeReport Report(string boot, long sequence) => new()
    {
        Fleet = "f",
        Node = "n",
        BootId = boot,
        Sequence = sequence,
        Time = DateTimeOffset.UnixEpoch,
        Agent = new AgentVersion("1", 1),
        Phase = NodePhase.Converged,
    };
}
