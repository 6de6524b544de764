using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.TimeSync;

/// <summary>The clock as the driver sees it.</summary>
public sealed record ClockState
{
    /// <summary>Null where the agent only measures.</summary>
    public ChronyState? Chrony { get; init; }

    /// <summary>Null where there is no linuxptp.</summary>
    public PtpState? Ptp { get; init; }

    /// <summary>What the driver measures by; null while it does not.</summary>
    public ClockSpec? Following { get; init; }

    /// <summary>Null while nothing is known.</summary>
    public ClockMeasure? Measure { get; init; }

    /// <summary>Why nothing is known, where that can be said: <c>ntp1 answers DENY</c>.</summary>
    public string? Trouble { get; init; }
}

/// <summary>chronyd as it is.</summary>
public sealed record ChronyState(ChronyLayout Layout)
{
    /// <summary>Content of the configuration; null when there is none.</summary>
    public string? Config { get; init; }

    public string? Sources { get; init; }

    /// <summary>Content of the certificates for NTS; null when there are none.</summary>
    public string? Authorities { get; init; }

    /// <summary>The configuration from before ours is kept.</summary>
    public bool HasOriginal { get; init; }

    /// <summary>It answers.</summary>
    public bool IsRunning { get; init; }

    /// <summary>The servers it follows, as they were configured.</summary>
    public EquatableArray<string> Followed { get; init; }

    /// <summary>Since it was last told to reload or restart; null: not by this agent.</summary>
    public TimeSpan? SinceReload { get; init; }
}
