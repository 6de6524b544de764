using System.Globalization;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Workloads;

/// <summary>Ports of the node that a workload takes: <c>port:8080</c>, <c>port:53/udp</c>.</summary>
public static class WorkloadClaims
{
    public static EquatableArray<string> Of(Unit unit) => unit.Spec switch
    {
        WorkloadSpec { Process: { } process } => process.Ports.Select(port => Claim(port, PortProtocol.Tcp)).ToEquatableArray(),
        WorkloadSpec { Containers: { } group } => group.Containers.SelectMany(container => container.Ports)
            .Select(port => (Port: port.HostPort ?? (group.HostNetwork ? port.Port : null), port.Protocol))
            .Where(taken => taken.Port is not null)
            .Select(taken => Claim(taken.Port!.Value, taken.Protocol)).Distinct().ToEquatableArray(),
        _ => [],
    };

    private static string Claim(int port, PortProtocol protocol) =>
        string.Create(CultureInfo.InvariantCulture, $"port:{port}{(protocol == PortProtocol.Udp ? "/udp" : "")}");
}
