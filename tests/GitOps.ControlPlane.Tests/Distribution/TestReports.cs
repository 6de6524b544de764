using GitOps.Bundles;
using GitOps.Bundles.Reports;
using GitOps.ControlPlane.Storage;

namespace GitOps.ControlPlane.Tests.Distribution;

internal static class TestReports
{
    public const string Fleet = "7d9f4c6e-fleet";

    public static NodeReport Report(string node, string boot, long sequence, long? oldest = null, params EventReport[] events) => new()
    {
        Fleet = Fleet,
        Node = node,
        BootId = boot,
        Sequence = sequence,
        Oldest = oldest,
        Time = new DateTimeOffset(2026, 11, 24, 10, 0, 0, TimeSpan.Zero),
        Agent = new AgentVersion("0.1.0", 1),
        Phase = NodePhase.Converged,
        Generation = sequence,
        Events = events.ToEquatableArray(),
    };

    public static EventReport Event(string message) => new(new DateTimeOffset(2026, 11, 24, 10, 0, 0, TimeSpan.Zero), "AGT100", message);

    public static Database Open(string path) =>
        Assert.IsType<DatabaseOpening.Opened>(Database.Open(path, TimeProvider.System)).Database;
}
