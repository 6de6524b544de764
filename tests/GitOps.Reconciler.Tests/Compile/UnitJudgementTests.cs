using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Reconciler.Tests.Compile;

/// <summary>What manifests say about being judged and being left alone reaches the node.</summary>
public sealed class UnitJudgementTests
{
    [Fact]
    public void Probes_of_log_clock_and_device_are_compiled()
    {
        var unit = Compiled("workload/web", Trees.Resource("Workload", "web", """
            placement: {all: true}
            process: {command: [/usr/bin/web]}
            probes:
              - {name: started, log: {contains: "ready {{ values.port }}"}, period: 500ms}
              - {name: time, clock: {maxError: 50ms}}
              - {name: warm, device: {name: plc-1, property: temperature, minimum: 20.5, maximum: 90}}
              - {name: open, device: {name: plc-1, property: valve, equalTo: open}}
            """));
        Assert.Equal(
        [
            new Probe("started") { Log = new LogProbe("ready 8080"), PeriodMs = 500 },
            new Probe("time") { Clock = new ClockProbe(50) },
            new Probe("warm") { Device = new DeviceProbe("plc-1", "temperature") { Minimum = 20.5m, Maximum = 90 } },
            new Probe("open") { Device = new DeviceProbe("plc-1", "valve") { EqualTo = "open" } },
        ], unit.Probes);
    }

    [Fact]
    public void Drift_and_suspension_are_compiled_and_change_no_digest_where_they_are_not_written()
    {
        const string file = """
            placement: {all: true}
            path: /etc/motd
            content: hello
            """;
        var plain = Compiled("file/motd", Trees.Resource("ConfigFile", "motd", file));
        Assert.Equal((DriftPolicy.Correct, null), (plain.Drift, plain.Suspend));
        Assert.DoesNotContain("drift", System.Text.Encoding.UTF8.GetString(Bundle.Of([plain]).ToBytes()), StringComparison.Ordinal);

        var left = Compiled("file/motd", Trees.Resource("ConfigFile", "motd", file + "\ndrift: warn\nsuspend: {reason: inventory}"));
        Assert.Equal((DriftPolicy.Warn, "inventory"), (left.Drift, left.Suspend));
    }

    [Fact]
    public void A_device_probe_that_does_not_say_what_is_healthy_is_a_finding() => Assert.Contains(
        Trees.Rejected(Trees.OneNode(Trees.Resource("Workload", "web", """
            placement: {all: true}
            process: {command: [/usr/bin/web]}
            probes:
              - {name: warm, device: {name: plc-1, property: temperature}}
            """))), finding => finding.What.Contains("does not say which value is healthy", StringComparison.Ordinal));

    [Fact]
    public void A_device_probe_of_a_property_its_model_lacks_is_a_finding() => Assert.Contains(
        Trees.Rejected(Trees.OneNode(Plc, PlcModel, Trees.Resource("Workload", "web", """
            placement: {all: true}
            process: {command: [/usr/bin/web]}
            probes:
              - {name: warm, device: {name: plc-1, property: temprature, minimum: 1}}
            """))), finding => finding.Fix == "write one of: temperature, valve");

    private static string PlcModel { get; } = Trees.Resource("DeviceModel", "plc", """
        protocol: simulated
        properties:
          - {name: temperature, type: float64}
          - {name: valve, type: string}
        """);

    private static string Plc { get; } = Trees.Resource("Device", "plc-1", "{node: n1, model: plc}");

    private static Unit Compiled(string id, string resource)
    {
        Assert.True(Trees.Compiled(Trees.OneNode(Plc, PlcModel, resource)).TryGet("n1", out var node));
        return node.Bundle.Units.Single(unit => unit.Id.ToString() == id);
    }
}
