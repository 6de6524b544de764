using GitOps.Agent.Host.Transport;
using GitOps.Bundles.Reports;
using GitOps.Platform.Files;

namespace GitOps.Agent.Host.Tests.Faults;

/// <summary>Reports, one after the other, each acknowledged three later.</summary>
internal static class ReportWriting
{
    private const string Boot = "0123456789abcdef0123456789abcdef";
    private const int Behind = 3;
    private const string Path = "/state/reports.log";

    public static void Write(IFileLayer layer, int version)
    {
        var spool = new ReportSpool(layer, Path);
        spool.Add(new NodeReport
        {
            Fleet = "fleet-1",
            Node = "press-1",
            BootId = Boot,
            Sequence = version,
            Time = DateTimeOffset.UnixEpoch,
            Agent = new AgentVersion(DurableWriter.Text(version), 1),
            Phase = NodePhase.Converged,
        });
        spool.Acknowledge(new Ack(Boot, version - Behind));
    }

    /// <summary>All that is not acknowledged is there, in order and whole. The next version may be half done: the third last may be gone.</summary>
    public static int Read(IFileLayer layer, int last)
    {
        var spool = new ReportSpool(layer, Path);
        Assert.Null(spool.Problem);
        var reports = spool.Oldest(int.MaxValue);
        Assert.All(reports, r => Assert.Equal(DurableWriter.Text((int)r.Sequence), r.Agent.Version));
        var found = reports.Select(r => (int)r.Sequence).ToList();
        Assert.Equal(found.Order(), found);
        Assert.Superset(Enumerable.Range(Math.Max(1, last - Behind + 2), Math.Min(last, Behind - 1)).ToHashSet(), found.ToHashSet());
        return found.LastOrDefault();
    }
}
