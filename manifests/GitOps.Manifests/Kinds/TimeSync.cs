using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Manifests.Targeting;

namespace GitOps.Manifests.Kinds;

/// <summary>Whose clock a node follows, and how far off it may be before the gate <c>clock</c> closes.</summary>
public sealed record TimeSyncSpec(
    Placement Placement,
    EquatableArray<Requirement> Requires,
    EquatableArray<TimeServer> Servers,
    TimeSpan MaxError,
    string? NtsAuthorities,
    PtpLink? Ptp,
    TimeServing? Serve,
    ClockIsolation Isolation,
    LeapSeconds LeapSeconds,
    string? MovedFrom);
