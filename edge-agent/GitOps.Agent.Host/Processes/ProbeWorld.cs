using System.Globalization;
using GitOps.Agent.Planning;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Host.Processes;

/// <summary>What a probe may ask besides processes, ports and commands: the log of the run, and what the node reports of clock and devices.</summary>
internal sealed record ProbeWorld(ILogSearch Log, IReadOnlyList<IReportingDriver> Reporting)
{
    private static readonly NodeReport Blank = new()
    {
        Fleet = "",
        Node = "",
        BootId = "",
        Sequence = 0,
        Time = default,
        Agent = new AgentVersion("", 1),
        Phase = NodePhase.Waiting,
    };

    /// <returns>Null when the probe succeeds, else why not.</returns>
    public string? Ask(ClockProbe probe) => Now().Clock switch
    {
        { ErrorBoundMs: { } error } when error <= probe.MaxErrorMs => null,
        { ErrorBoundMs: { } error } => string.Create(CultureInfo.InvariantCulture, $"the clock's error may be {error:0.###} ms, the bound is {probe.MaxErrorMs} ms"),
        _ => "the error of the node's clock is not known",
    };

    /// <inheritdoc cref="Ask(ClockProbe)"/>
    public string? Ask(DeviceProbe probe)
    {
        var device = Now().Devices.FirstOrDefault(d => d.Name == probe.Device);
        return device?.Properties.FirstOrDefault(p => p.Name == probe.Property) switch
        {
            _ when device is null => $"there is no device '{probe.Device}' on this node",
            null => $"device '{probe.Device}' has no property '{probe.Property}'",
            { Quality: ValueQuality.Good, Reported: { } value } => Judge(probe, value),
            var property => $"{probe.Device}/{probe.Property} is not read: {property.Message ?? "no value yet"}",
        };
    }

    private static string? Judge(DeviceProbe probe, DeviceValue value)
    {
        var isAsTold = (probe.EqualTo is null || value.ToString() == probe.EqualTo) &&
            (probe.Minimum is null || value is DeviceValue.Number(var low) && low >= probe.Minimum) &&
            (probe.Maximum is null || value is DeviceValue.Number(var high) && high <= probe.Maximum);
        return isAsTold ? null : $"{probe.Device}/{probe.Property} is {value}";
    }

    private NodeReport Now() => Reporting.Aggregate(Blank, (report, driver) => driver.Contribute(report));
}
