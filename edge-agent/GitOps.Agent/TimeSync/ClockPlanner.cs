using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using GitOps.Agent.Planning;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.TimeSync;

/// <summary>
/// Keeps chronyd following the servers of the bundle, or, where no chronyd is, only measures against them. Ready when the
/// bound on the clock's error is below the limit.
/// </summary>
public sealed class ClockPlanner : IUnitPlanner<ClockState, ClockStep>
{
    /// <summary>
    /// chronyd drops a server whose options changed in a reload, and takes it with the next one; a name it cannot resolve
    /// yet is not worth more than one reload in this time.
    /// </summary>
    private static readonly TimeSpan BetweenReloads = TimeSpan.FromSeconds(2);

    public UnitPlan<ClockStep> Plan(Unit desired, Unit? owned, ClockState observed, PlanContext context)
    {
        var spec = (ClockSpec)desired.Spec;
        if (Unsupported(spec, observed) is { } why)
        {
            return new([], [], new UnitStatus.Refused(new Problem(ClockCodes.BadServer, What: $"{desired.Id}: {why}", Fix: "correct the servers of the TimeSync in Git")));
        }

        ImmutableArray<ClockStep> follow = observed.Following == spec ? [] : [new ClockStep.Follow(spec) { Because = "the bundle names its servers and its limit" }];
        var ptp = observed.Ptp is { } daemon ? PlanPtp(spec.Ptp, daemon) : [];
        var (steps, hold) = observed.Chrony is { } chrony ? PlanChrony(spec, chrony, observed.Ptp?.Layout) : ([], null);
        var (status, wait) = Status(spec, observed, [.. ptp, .. steps]);
        return new([.. ptp, .. steps, .. follow], [.. ((Hold?[])[hold, wait]).OfType<Hold>()], status);
    }

    public UnitPlan<ClockStep> PlanRemoval(Unit owned, ClockState observed, PlanContext context)
    {
        const string Because = "it left the bundle";
        List<ClockStep> steps = [];
        if (observed.Following is not null)
        {
            steps.Add(new ClockStep.Unfollow { Because = Because });
        }

        if (observed.Ptp is { } ptp)
        {
            steps.AddRange(PlanPtp(null, ptp));
        }

        if (observed.Chrony is { } chrony)
        {
            if (chrony.Sources is not null)
            {
                steps.Add(new ClockStep.RemoveSources(chrony.Layout.SourcesPath) { Because = Because });
            }

            if (chrony.Authorities is not null)
            {
                steps.Add(new ClockStep.WriteAuthorities(chrony.Layout.AuthoritiesPath, null) { Because = Because });
            }

            if (chrony.Config is { } config && ChronyConfig.IsOurs(config))
            {
                steps.Add(new ClockStep.RestoreConfig(chrony.Layout.ConfigPath, chrony.HasOriginal ? chrony.Layout.OriginalPath : null) { Because = Because });
                steps.Add(chrony.HasOriginal
                    ? new ClockStep.RestartChrony { Because = "its configuration is the one from before" }
                    : new ClockStep.StopChrony { Because = "there was no configuration before ours" });
            }
        }

        return new([.. steps], [], steps.Count == 0 ? new UnitStatus.Ready() : new UnitStatus.Progressing(Because));
    }

    /// <summary>One clock per node.</summary>
    public EquatableArray<string> Claims(Unit unit) => ["clock"];

    private static ImmutableArray<ClockStep> PlanPtp(PtpLink? link, PtpState ptp)
    {
        if (link is null)
        {
            return ptp is { Config: null, IsRunning: false } ? [] : [new ClockStep.StopPtp(ptp.Layout.ConfigPath) { Because = "the bundle names no PTP domain" }];
        }

        var config = PtpConfig.Render(ptp.Layout, link);
        return ptp.Config != config
            ? [
                new ClockStep.WritePtp(ptp.Layout.ConfigPath, config) { Because = ptp.Config is null ? "the bundle names a PTP domain" : "the configuration was changed" },
                new ClockStep.RestartPtp { Because = "its configuration changes" },
            ]
            : ptp.IsRunning ? [] : [new ClockStep.RestartPtp { Because = "it does not run" }];
    }

    private static (ImmutableArray<ClockStep> Steps, Hold? Hold) PlanChrony(ClockSpec spec, ChronyState chrony, PtpLayout? ptp)
    {
        var (config, sources) = (ChronyConfig.Render(chrony.Layout, spec, ptp), ChronyConfig.RenderSources(spec));
        List<ClockStep> steps = [];
        if (chrony.Authorities != spec.NtsAuthorities)
        {
            steps.Add(new ClockStep.WriteAuthorities(chrony.Layout.AuthoritiesPath, spec.NtsAuthorities)
            {
                Because = spec.NtsAuthorities is null ? "the bundle names no authorities for NTS" : "the bundle names authorities for NTS",
            });
        }

        var restarts = steps.Count > 0; // chronyd reads certificates when it starts
        if (chrony.Sources != sources)
        {
            steps.Add(new ClockStep.WriteSources(chrony.Layout.SourcesPath, sources)
            {
                Because = $"the bundle asks for the servers [{spec.Servers.Select(s => s.Address).ToEquatableArray()}], " +
                    (chrony.Sources is null ? "there is no such file" : $"chronyd follows [{chrony.Followed}]"),
            });
        }

        if (chrony.Config != config)
        {
            var isTheirs = chrony.Config is { } content && !ChronyConfig.IsOurs(content);
            var because = chrony.Config is null ? "there is no configuration"
                : isTheirs ? "the configuration there is not ours, and the bundle says how the clock is kept"
                : "the configuration was changed";
            var keepAs = isTheirs && !chrony.HasOriginal ? chrony.Layout.OriginalPath : null;
            steps.Add(new ClockStep.WriteConfig(chrony.Layout.ConfigPath, config, keepAs) { Because = because });
            steps.Add(new ClockStep.RestartChrony { Because = "its configuration changes" });
            return ([.. steps], null);
        }

        if (restarts)
        {
            steps.Add(new ClockStep.RestartChrony { Because = "its authorities change" });
            return ([.. steps], null);
        }

        var missing = spec.Servers.Select(s => s.Address).Where(a => !chrony.Followed.Contains(a)).ToEquatableArray();
        if (!chrony.IsRunning)
        {
            steps.Add(new ClockStep.RestartChrony { Because = "it does not run" });
        }
        else if (steps.Count > 0)
        {
            steps.Add(new ClockStep.ReloadSources { Because = "its servers change" });
        }
        else if (!missing.IsEmpty && chrony.SinceReload < BetweenReloads)
        {
            return ([], new Hold($"chronyd to follow [{missing}]", Until: "it is told to reload once more") { RecheckAfter = BetweenReloads });
        }
        else if (!missing.IsEmpty)
        {
            steps.Add(new ClockStep.ReloadSources { Because = $"it does not follow [{missing}]" });
        }

        return ([.. steps], null);
    }

    private static (UnitStatus Status, Hold? Wait) Status(ClockSpec spec, ClockState state, ImmutableArray<ClockStep> steps)
    {
        if (steps is [var first, ..])
        {
            return (new UnitStatus.Progressing(first.Because), null);
        }

        var servers = spec.Servers.Select(s => s.Address).Concat(spec.Ptp is { Serve: false } ptp ? [$"PTP on {ptp.Interface}"] : []).ToEquatableArray();
        if (state.Measure is not { } measure)
        {
            var trouble = state.Trouble is { } why ? $"; {why}" : "";
            return (new UnitStatus.Unhealthy($"no server of [{servers}] has told the time yet{trouble}", FailureCause.Environment),
                new Hold("the clock", Until: $"one of [{servers}] tells the time{trouble}"));
        }

        if (!measure.IsWithin(spec.MaxErrorMs))
        {
            var bound = (measure.ErrorBound * 1_000).ToString("0.###", CultureInfo.InvariantCulture);
            return (new UnitStatus.Unhealthy($"the clock may be {bound} ms off, the limit is {spec.MaxErrorMs} ms", FailureCause.Environment),
                new Hold("the clock", Until: $"its error is below {spec.MaxErrorMs} ms; it may be {bound} ms off"));
        }

        return (new UnitStatus.Ready(), null);
    }

    private static string? Unsupported(ClockSpec spec, ClockState state)
    {
        var bad = spec.Servers.FirstOrDefault(s => !ChronyConfig.IsAddress(s.Address) || s.Port is < 1 or > 65_535);
        var network = spec.Serve?.Networks.FirstOrDefault(n => !IPNetwork.TryParse(n, out _));
        return bad is not null ? $"'{bad.Address}' port {bad.Port ?? 123} is no address of a server"
            : state.Chrony is null && spec.Servers.Count > 0 && spec.Servers.All(s => s.Nts)
                ? "every server asks for NTS, which needs chronyd, and this node has none"
            : state.Chrony is null && spec.Serve is not null ? "it is to serve the time, which needs chronyd, and this node has none: install the package chrony"
            : spec.Ptp is not null && (state.Chrony is null || state.Ptp is null)
                ? $"it is to speak PTP, which needs chronyd and ptp4l, and this node has not both: install the package {(state.Chrony is null ? "chrony" : "linuxptp")}"
            : spec.Ptp is { } link && (!PtpLink.IsInterface(link.Interface) || link.Domain is < 0 or > 127) ? $"'{link.Interface}' domain {link.Domain} is no place of PTP"
            : network is not null ? $"'{network}' is no network"
            : null;
    }
}
