using GitOps.Bundles.Units;

namespace GitOps.Agent.TimeSync;

/// <summary>How the clock is, from whoever measured it.</summary>
/// <param name="Ahead">Seconds the clock is ahead of its source; negative when it is behind.</param>
/// <param name="ErrorBound">Seconds: |offset| + root delay / 2 + root dispersion, RFC 5905 §11.2 and <c>chronyc(1)</c>.</param>
/// <param name="Stratum">1 to 15.</param>
/// <param name="Source">Name or address of what it follows.</param>
public sealed record ClockMeasure(decimal Ahead, decimal ErrorBound, int Stratum, string Source)
{
    /// <summary>Whoever is followed says that it follows no real clock.</summary>
    public bool IsAgreedOnly { get; init; }

    /// <summary>What is followed leads to an isolated site and to no real clock: agreed upon, perhaps wrong.</summary>
    public bool IsIsolated => IsAgreedOnly || Stratum >= ClockSpec.OrphanStratum;

    public bool IsWithin(int maxErrorMs) => ErrorBound * 1_000 <= maxErrorMs;
}
