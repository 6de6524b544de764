using GitOps.Bundles;
using GitOps.Bundles.Reports;

namespace GitOps.Containers.Tests;

/// <summary>A report with one unit, for a driver to fill in.</summary>
internal static class Reports
{
    public static NodeReport Of(UnitId unit) => new()
    {
        Fleet = "f",
        Node = "n",
        BootId = "b",
        Sequence = 1,
        Time = DateTimeOffset.UnixEpoch,
        Agent = new AgentVersion("0.1.0", 1),
        Phase = NodePhase.Converged,
        Units = [new UnitReport(unit, UnitPhase.Ready)],
    };
}
