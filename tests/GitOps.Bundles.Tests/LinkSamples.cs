using GitOps.Bundles.Units;

namespace GitOps.Bundles.Tests;

/// <summary>What a site says of the link of its nodes.</summary>
internal static class LinkSamples
{
    public static Bundle Bundle { get; } = Bundle.Of(
    [
        new Unit("hamburg", new UplinkSpec
        {
            Windows = [new DailyWindow(new TimeOnly(22, 0), new TimeOnly(5, 0)), new DailyWindow(new TimeOnly(12, 0), new TimeOnly(13, 30))],
            TimeZone = "Europe/Berlin",
            Budget = new DownloadBudget(500L << 20, 30),
        }),
    ]);
}
