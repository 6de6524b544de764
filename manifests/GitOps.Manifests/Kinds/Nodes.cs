using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Manifests.Targeting;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Kinds;

/// <summary>
/// A place. <paramref name="TimeZone"/> is an IANA name; whether it exists is checked by the compiler's own rules.
/// </summary>
public sealed record SiteSpec(
    string? TimeZone, Coordinates? Coordinates, YamlNode.Mapping Values, Suspension? Suspend, SiteUplink? Uplink);

/// <summary>What the link of a site may be used for; at least one of both is there.</summary>
public sealed record SiteUplink(EquatableArray<DailyWindow> DownloadWindows, DownloadBudget? DownloadBudget);

/// <summary>Degrees, WGS 84.</summary>
public sealed record Coordinates(decimal Latitude, decimal Longitude);

public enum NodeArchitecture
{
    Amd64,
    Arm64,
}

public sealed record EdgeNodeSpec(
    string? Site,
    NodeArchitecture Architecture,
    EquatableArray<string> Capabilities,
    YamlNode.Mapping Values,
    Suspension? Suspend);

/// <summary>Values and the agent of the nodes a selector matches; a higher <paramref name="Priority"/> wins.</summary>
public sealed record NodeGroupSpec(LabelSelector Selector, int Priority, YamlNode.Mapping Values, AgentRelease? Agent);
