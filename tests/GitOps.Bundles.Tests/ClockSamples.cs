using GitOps.Bundles.Units;

namespace GitOps.Bundles.Tests;

/// <summary>A node that tells its site the time, with every member that <see cref="Samples.Bundle"/> leaves out.</summary>
internal static class ClockSamples
{
    public static Bundle Bundle { get; } = Bundle.Of(
    [
        new Unit("site", new ClockSpec
        {
            Servers = [new TimeServer("time.example") { Nts = true, Port = 4461, Near = true }],
            MaxErrorMs = 50,
            NtsAuthorities = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n",
            Serve = new TimeServing(["10.1.0.0/16", "fd00::/8"]) { Port = 1123 },
            Isolation = ClockIsolation.Orphan,
            LeapSeconds = LeapSeconds.Slew,
        }),
    ]);

    /// <summary>Two that speak PTP, on two nodes.</summary>
    public static Bundle Ptp { get; } = Bundle.Of(
    [
        new Unit("site", new ClockSpec
        {
            Servers = [],
            MaxErrorMs = 1,
            Ptp = new PtpLink("eth1") { Domain = 24, Transport = PtpTransport.Ethernet, Delay = PtpDelay.PeerToPeer, Serve = true },
        }),
    ]);
}
