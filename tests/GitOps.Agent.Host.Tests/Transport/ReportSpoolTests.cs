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

        var held = spool.Oldest(100);
        Assert.Equal(40, held[^1].Sequence);
        Assert.Equal(40 - held.Count, spool.TakeDropped());
        Assert.Equal(0, spool.TakeDropped());
        Assert.InRange(layer.Stat("/state/reports.log")!.SizeBytes, 1, 4_000);
    }

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
