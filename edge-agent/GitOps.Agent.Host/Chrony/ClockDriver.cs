using System.Diagnostics;
using System.Text;
using GitOps.Agent.Planning;
using GitOps.Agent.TimeSync;
using GitOps.Bundles;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;

namespace GitOps.Agent.Host.Chrony;

/// <summary>Keeps chronyd as steps say where there is one, and measures the clock. Never sets it.</summary>
public sealed class ClockDriver : IDriver<ClockState, ClockStep>, IWatchingDriver, IReportingDriver, IClockTrust, IAsyncDisposable
{
    private const int MaxConfigBytes = 1 << 20;
    private const UnixFileMode Closed = (UnixFileMode)0x1E8; // 0750: chronyd refuses a socket in a directory open to others
    private const UnixFileMode Open = (UnixFileMode)0x1ED; // 0755: the machine's own chronyd reads as a user of its own
    private readonly Func<ClockSpec, Action, IClockSource> _source;
    private readonly IChronyControl? _control;
    private readonly Chronyc? _chronyc;
    private readonly PtpDaemon? _ptp;
    private readonly IFileLayer _files;
    private readonly ClockHistoryLog _history;
    private readonly TimeProvider _time;
    private ClockWatch? _watch;
    private long? _reloadedAt;

    private UnixFileMode DirectoryMode => _control?.Layout.RunDirectory is null ? Open : Closed;

    internal ClockDriver(
        IFileLayer files, IChronyControl? control, Chronyc? chronyc, PtpDaemon? ptp, Func<ClockSpec, Action, IClockSource> source,
        ClockHistoryLog history, TimeProvider time)
    {
        (_files, _control, _chronyc, _ptp, _source, _history, _time) = (files, control, chronyc, ptp, source, history, time);
    }

    public Action? Wake { get; set; }

    /// <summary>How the clock was in the last days, as far as it was measured.</summary>
    public ClockHistory History => _history.History;

    public bool IsTrusted => _watch is { IsWithin: true, Measure.IsIsolated: false };

    public async ValueTask<ClockState> ObserveAsync(Unit unit, CancellationToken cancellationToken) => new()
    {
        Chrony = await ObserveChronyAsync(cancellationToken),
        Ptp = _ptp is null ? null : new PtpState(_ptp.Layout) { Config = Text(_ptp.Layout.ConfigPath), IsRunning = _ptp.IsRunning },
        Following = _watch?.Spec,
        Measure = _watch?.Measure,
        Trouble = _watch?.Trouble,
    };

    public async ValueTask<StepOutcome> ApplyAsync(Unit unit, ClockStep step, CancellationToken cancellationToken)
    {
        try
        {
            return await CarryOutAsync(step, cancellationToken) is { } why ? Failed(unit, why) : new StepOutcome.Done();
        }
        catch (FileLayerException failure)
        {
            return Failed(unit, failure.Message);
        }
    }

    public NodeReport Contribute(NodeReport report) =>
        _watch is { } watch ? report with { Clock = ClockReporting.Report(_control is not null, watch.Measure, watch.IsWithin, WorstOfDay) } : report;

    public async ValueTask DisposeAsync()
    {
        await UnfollowAsync();
        _history.Keep();
        if (_control is not null)
        {
            await _control.DisposeAsync();
        }

        if (_ptp is not null)
        {
            await _ptp.DisposeAsync();
        }
    }

    private long? WorstOfDay => _time.GetUtcNow() is var now ? History.Worst(now.AddDays(-1), now) : null;

    private static StepOutcome.Retry Failed(Unit unit, string why) => new(
        new Problem(ClockCodes.Failed, What: $"{unit.Id}: {why}", Fix: "on the node, 'chronyd -p -f <its configuration>' checks the file"),
        FailureCause.Environment);

    private async Task<string?> CarryOutAsync(ClockStep step, CancellationToken cancellationToken)
    {
        switch (step)
        {
            case ClockStep.WriteConfig(var path, var content, var keepAs):
                WriteConfig(path, content, keepAs);
                return null;
            case ClockStep.WriteSources(var path, var content):
                _files.EnsureDirectory(FilePath.Parent(path), DirectoryMode);
                AtomicFile.Write(_files, path, Encoding.UTF8.GetBytes(content), AtomicFile.Readable);
                return null;
            case ClockStep.WriteAuthorities(var path, { } content):
                _files.EnsureDirectory(FilePath.Parent(path), DirectoryMode);
                AtomicFile.Write(_files, path, Encoding.UTF8.GetBytes(content), AtomicFile.Readable);
                return null;
            case ClockStep.WriteAuthorities(var path, null):
                _files.UnlinkIfThere(path);
                _files.FlushDirectory(FilePath.Parent(path));
                return null;
            case ClockStep.RestartChrony:
                return await ChangedAsync(_control!.RestartAsync(cancellationToken));
            case ClockStep.ReloadSources:
                var isReloaded = await _chronyc!.AskAsync(["reload", "sources"], cancellationToken) is not null;
                return await ChangedAsync(Task.FromResult(isReloaded ? null : "chronyd does not reload its servers"));
            case ClockStep.StopChrony:
                return await _control!.StopAsync(cancellationToken);
            case ClockStep.WritePtp(var path, var content):
                _files.EnsureDirectory(FilePath.Parent(path), Closed);
                AtomicFile.Write(_files, path, Encoding.UTF8.GetBytes(content), AtomicFile.Readable);
                return null;
            case ClockStep.RestartPtp:
                return await ChangedAsync(_ptp!.RestartAsync(cancellationToken));
            case ClockStep.StopPtp(var path):
                await _ptp!.StopAsync();
                _files.UnlinkIfThere(path);
                _files.FlushDirectory(FilePath.Parent(path));
                return null;
            case ClockStep.Follow(var spec):
                await UnfollowAsync();
                _watch = new ClockWatch(spec, heard => _source(spec, heard), _time, _history.Note, () => Wake?.Invoke());
                return null;
            case ClockStep.Unfollow:
                await UnfollowAsync();
                return null;
            case ClockStep.RestoreConfig(var path, var keptAs):
                RestoreConfig(path, keptAs);
                return null;
            case ClockStep.RemoveSources(var path):
                _files.UnlinkIfThere(path);
                _files.FlushDirectory(FilePath.Parent(path));
                return null;
            default:
                throw new UnreachableException($"unknown step {step}");
        }
    }

    private async Task<string?> ChangedAsync(Task<string?> change)
    {
        var why = await change;
        _reloadedAt = _time.GetTimestamp();
        _watch?.Look();
        return why;
    }

    /// <summary>The old file gets its second name before ours takes the first: at no moment is it nowhere.</summary>
    private void WriteConfig(string path, string content, string? keepAs)
    {
        var directory = FilePath.Parent(path);
        _files.EnsureDirectory(directory, DirectoryMode);
        if (keepAs is not null && _files.Stat(keepAs) is null)
        {
            _files.Link(path, keepAs);
            _files.FlushDirectory(directory);
        }

        AtomicFile.Write(_files, path, Encoding.UTF8.GetBytes(content), AtomicFile.Readable);
    }

    private void RestoreConfig(string path, string? keptAs)
    {
        if (keptAs is not null)
        {
            _files.Rename(keptAs, path);
        }
        else
        {
            _files.UnlinkIfThere(path);
        }

        _files.FlushDirectory(FilePath.Parent(path));
    }

    private async Task<ChronyState?> ObserveChronyAsync(CancellationToken cancellationToken)
    {
        if (_control is null || _chronyc is null)
        {
            return null;
        }

        var layout = _control.Layout;
        var sources = await _chronyc.AskAsync(["sources", "-a"], cancellationToken);
        return new ChronyState(layout)
        {
            Config = Text(layout.ConfigPath),
            Sources = Text(layout.SourcesPath),
            Authorities = Text(layout.AuthoritiesPath),
            HasOriginal = Text(layout.OriginalPath) is not null,
            IsRunning = sources is not null,
            Followed = ChronyTracking.ParseSources(sources ?? ""),
            SinceReload = _reloadedAt is { } at ? _time.GetElapsedTime(at) : null,
        };
    }

    /// <summary>What cannot be read counts as absent: it is written anew.</summary>
    private string? Text(string path)
    {
        try
        {
            return _files.Read(path, MaxConfigBytes) is { } bytes ? Encoding.UTF8.GetString(bytes) : null;
        }
        catch (FileLayerException)
        {
            return null;
        }
    }

    private async Task UnfollowAsync()
    {
        if (_watch is { } watch)
        {
            _watch = null;
            await watch.DisposeAsync();
        }
    }
}
