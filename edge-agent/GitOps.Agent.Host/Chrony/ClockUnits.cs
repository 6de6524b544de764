using GitOps.Agent.Planning;
using GitOps.Agent.TimeSync;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;
using GitOps.Platform.Processes;

namespace GitOps.Agent.Host.Chrony;

/// <summary>How the clock of this machine is kept; the agent's own configuration may say so.</summary>
public enum ClockKeeping
{
    /// <summary>By systemd's chronyd where both are there, else only measured.</summary>
    Detect,

    /// <summary>By a chronyd that the agent runs itself.</summary>
    OwnChrony,

    /// <summary>By a chronyd that the agent runs itself and that steers nothing: for tests and demonstrations.</summary>
    OwnChronyLeavingClock,

    /// <summary>Not by us: measured only.</summary>
    MeasureOnly,
}

/// <summary>Where PTP is spoken.</summary>
/// <param name="Segment">Of shared memory; receivers of satellites usually have the first ones.</param>
public sealed record PtpPlace(int Segment = 61)
{
    /// <summary>What ptp4l is started within, such as <c>ip netns exec NAME</c>.</summary>
    public IReadOnlyList<string> Within { get; init; } = [];
}

/// <summary>Puts the parts that keep the clock together.</summary>
public static class ClockUnits
{
    /// <param name="stateDirectory">A chronyd of the agent's own lives in <c>chrony/</c> below it.</param>
    /// <param name="isolatedAfter">How long a site must have had no real clock before its own counts; otherwise a minute.</param>
    /// <param name="ptpPlace">Otherwise the network of this process.</param>
    /// <returns>The driver is also the <see cref="IClockTrust"/> that others ask.</returns>
    public static (IUnitKind Kind, ClockDriver Driver) Create(
        IFileLayer files, ICommandRunner commands, string stateDirectory, ClockKeeping keeping, TimeProvider time, Random random,
        TimeSpan? isolatedAfter = null, PtpPlace? ptpPlace = null)
    {
        var control = Control(files, commands, $"{stateDirectory}/chrony", keeping, time);
        var chronyc = control is null ? null : new Chronyc(commands, control.Layout.SocketPath);
        var place = ptpPlace ?? new PtpPlace();
        var ptp = control is not null && ProgramPath.Find("ptp4l", null) is not null && ProgramPath.Find("pmc", null) is not null
            ? new PtpDaemon(commands, files, new PtpLayout($"{stateDirectory}/ptp", place.Segment), place.Within)
            : null;
        var driver = new ClockDriver(files, control, chronyc, ptp, Source, new ClockHistoryLog(files, $"{stateDirectory}/clock-history.json", time), time);
        return (new UnitKind<ClockState, ClockStep>(UnitKinds.Clock, new ClockPlanner(), driver), driver);

        IClockSource Source(ClockSpec spec, Action heard) =>
            chronyc is null ? new SntpSource(spec, time, random, heard) : new ChronySource(
                chronyc, spec, ptp, isolatedAfter ?? TimeSpan.FromMinutes(1), time);
    }

    private static IChronyControl? Control(
        IFileLayer files, ICommandRunner commands, string directory, ClockKeeping keeping, TimeProvider time)
    {
        var hasChrony = ProgramPath.Find("chronyd", null) is not null && ProgramPath.Find("chronyc", null) is not null;
        var runsSystemd = files.Stat("/run/systemd/system") is not null; // sd_booted(3)
        return keeping switch
        {
            ClockKeeping.Detect => hasChrony && runsSystemd ? new SystemdChrony(commands, ChronyLayout.Debian) : null,
            ClockKeeping.OwnChrony or ClockKeeping.OwnChronyLeavingClock when hasChrony => new DirectChrony(
                commands,
                new ChronyLayout($"{directory}/chrony.conf", $"{directory}/sources") { RunDirectory = directory },
                leavesClock: keeping == ClockKeeping.OwnChronyLeavingClock,
                time),
            _ => null,
        };
    }
}
