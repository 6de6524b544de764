using GitOps.Bundles.Units;

namespace GitOps.Bundles.Tests;

/// <summary>Members of units that came after <see cref="Samples"/>: what a unit is judged by, and what leaves it alone.</summary>
internal static class GateSamples
{
    public static Bundle Bundle { get; } = Bundle.Of(
    [
        new Unit("motd", new FileSpec { Path = "/etc/motd", Content = [] }) { Drift = DriftPolicy.Warn },
        new Unit("web", new WorkloadSpec { Process = new ProcessSpec { Command = ["/usr/bin/web"] } })
        {
            Suspend = "the line runs an order",
            Probes =
            [
                new Probe("started") { Log = new LogProbe("ready") },
                new Probe("time") { Clock = new ClockProbe(50) },
                new Probe("warm") { Device = new DeviceProbe("plc-1", "temperature") { Minimum = 20.5m, Maximum = 90 } },
                new Probe("open") { Device = new DeviceProbe("plc-1", "valve") { EqualTo = "open" } },
            ],
        },
    ]);
}
