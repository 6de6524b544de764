using GitOps.Bundles;
using GitOps.ControlPlane.Git;
using GitOps.ControlPlane.Sealing;
using GitOps.ControlPlane.Storage;
using GitOps.ControlPlane.Store;
using GitOps.Platform.Files;
using GitOps.Platform.Timing;
using GitOps.Reconciler.Compile;
using GitOps.Reconciler.Rollouts;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace GitOps.ControlPlane.Reconciling;

/// <summary>
/// The loop: fetch → compile → guards → rollout → publish, level-triggered. It wakes for its poll, a webhook, a report, or
/// because a canary's time runs, and each pass looks at what is, not at what woke it: commits that arrive meanwhile
/// coalesce into the newest. A revision is accepted whole or not at all; whatever fails, what is published stays.
/// </summary>
public sealed class Reconciler
{
    /// <summary>The planner counts time in steps of at most <see cref="RolloutPlanner.LongestStep"/>; this is well below.</summary>
    private static readonly TimeSpan CanaryPeriod = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan CollectionPeriod = TimeSpan.FromHours(24);
    private static readonly TimeSpan FirstCollection = TimeSpan.FromMinutes(10); // a start has better things to do
    private const double PollJitter = 0.1;

    private readonly GitMirror _mirror;
    private readonly ContentStore _store;
    private readonly Publisher _publisher;
    private readonly RevisionBook _book;
    private readonly IFleetStatusSource _fleet;
    private readonly ReconcilerOptions _options;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly ILogger _logger;
    private readonly WarmCompiler? _warm;
    private readonly RevisionIntake _intake;
    private readonly Recovery _recovery;
    private readonly RolloutRun _run;
    private readonly StatusBoard _board;
    private readonly Wakeup _wakeup;
    private volatile bool _fetchNow = true;
    private volatile bool _lookAtAll;
    private long _fetchedAt;
    private TimeSpan _poll;
    private TimeSpan _untilCollection = FirstCollection;
    private long _collectedAt;
    private bool _isRecovered;
    private string? _tip;
    private string? _judged;
    private Problem? _fetchProblem;

    /// <param name="compile">Usually <see cref="RevisionCompiler.Compile"/>.</param>
    /// <param name="warm">The same compiler, where it begins with what a process before kept.</param>
    /// <param name="isRemoved">Whether a node was taken out of the fleet and has had no identity since.</param>
    public Reconciler(
        GitMirror mirror,
        Func<SourceFolder, CompileResult> compile,
        ContentStore store,
        Publisher publisher,
        RevisionBook book,
        IFleetStatusSource fleet,
        Func<string, bool> isRemoved,
        Sealer sealer,
        ReconcilerOptions options,
        TimeProvider time,
        Random random,
        ILogger<Reconciler> logger,
        WarmCompiler? warm = null)
    {
        (_mirror, _store, _publisher, _book, _fleet) = (mirror, store, publisher, book, fleet);
        (_options, _time, _random, _logger, _warm) = (options, time, random, logger, warm);
        _intake = new RevisionIntake(
            mirror, new SourceTree(mirror, options.Source, options.ReadDeadline, time), compile, () => warm?.Resume(), book, store.Fleet, options, time);
        _recovery = new Recovery(book, store, options);
        _run = new RolloutRun(store, publisher, book, fleet, isRemoved, sealer, time);
        _board = new StatusBoard(book, store, _run, logger);
        _wakeup = new Wakeup(time);
        _collectedAt = time.GetTimestamp();
    }

    /// <summary>Where it stands; replaced as a whole after each pass.</summary>
    public ReconcilerStatus Status => _board.Status;

    /// <summary>Pointers were just opened; raised on the loop, so handlers must be quick.</summary>
    public event Action<IReadOnlyList<PublishedPointer>>? Published;

    /// <summary><see cref="Status"/> is another one.</summary>
    public event Action? StatusChanged
    {
        add => _board.Changed += value;
        remove => _board.Changed -= value;
    }

    /// <summary>Somebody pushed, or asks to look now.</summary>
    public void Wake()
    {
        _fetchNow = true;
        _wakeup.Signal();
    }

    /// <summary>Something other than the repository changed.</summary>
    public void Look()
    {
        _lookAtAll = true;
        _wakeup.Signal();
    }

    /// <summary>Runs until cancelled; may be cancelled at any point and started again.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        _fleet.NodeChanged += _run.Heard;
        _fleet.Changed += OnReport;
        try
        {
            while (true)
            {
                await PassSafelyAsync(cancellationToken).ConfigureAwait(false);
                await _wakeup.WaitAsync(UntilNextPass(), cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            _fleet.Changed -= OnReport;
            _fleet.NodeChanged -= _run.Heard;
        }
    }

    private void OnReport()
    {
        // Most reports of a large fleet change nothing here; a pass for each would be work for nothing.
        if (_run.AwaitsReports)
        {
            _wakeup.Signal();
        }
    }

    private async Task PassSafelyAsync(CancellationToken cancellationToken)
    {
        try
        {
            await PassAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (FileLayerException failure) when (!cancellationToken.IsCancellationRequested)
        {
            _board.Trouble(new Problem(StoreCodes.StoreNotWritten, failure.Message, "make room on the disk of the data directory, or repair it"));
        }
        catch (SqliteException failure) when (!cancellationToken.IsCancellationRequested)
        {
            _board.Trouble(new Problem(StorageCodes.Unusable, failure.Message, "make room on the disk of the data directory, or repair it"));
        }
        catch (Exception bug) when (!cancellationToken.IsCancellationRequested)
        {
            _logger.Bug(bug);
        }
    }

    private async Task PassAsync(CancellationToken cancellationToken)
    {
        await FetchWhenDueAsync(cancellationToken).ConfigureAwait(false);
        if (!_isRecovered || !_run.IsLoaded)
        {
            await RecoverAsync(cancellationToken).ConfigureAwait(false);
        }

        var judging = await JudgeAsync(cancellationToken).ConfigureAwait(false);
        if (_lookAtAll)
        {
            _lookAtAll = false; // before looking: what happens meanwhile is looked at again
            _run.LookAtAll();
        }

        var rolling = await StepAsync(cancellationToken).ConfigureAwait(false);
        await _intake.PinAsync(cancellationToken).ConfigureAwait(false); // not before: nodes need not wait for it
        Collect();
        _warm?.KeepWhenDue();
        _board.Refresh(_tip, judging ?? rolling ?? _fetchProblem ?? _publisher.RefreshHeadWhenDue());
    }

    private async Task FetchWhenDueAsync(CancellationToken cancellationToken)
    {
        if (!_fetchNow && _time.GetElapsedTime(_fetchedAt) < _poll)
        {
            return;
        }

        _fetchNow = false; // before the fetch: a push while it runs asks for another one
        var outcome = await _mirror.FetchAsync(cancellationToken).ConfigureAwait(false);
        (_fetchedAt, _poll) = (_time.GetTimestamp(), Jitter.Around(_options.Poll, PollJitter, _random));
        _fetchProblem = (outcome as FetchOutcome.Failed)?.Problem;
        if (outcome is FetchOutcome.Fetched(var commit))
        {
            _tip = commit;
            _board.Fetched(_time.GetUtcNow());
        }
    }

    private async Task RecoverAsync(CancellationToken cancellationToken)
    {
        if (_recovery.PublishedRevision is { } revision)
        {
            var bundles = await _intake.LoadAsync(revision, cancellationToken).ConfigureAwait(false);
            var rollout = await _recovery.RestoreAsync(revision, bundles, cancellationToken).ConfigureAwait(false);
            if (bundles is not null)
            {
                _run.Take(bundles, rollout);
            }
        }

        _isRecovered = true;
    }

    private async Task<Problem?> JudgeAsync(CancellationToken cancellationToken)
    {
        if (_tip is not { } tip || tip == _judged || tip == _book.Published()?.Revision)
        {
            return null;
        }

        switch (await _intake.JudgeAsync(tip, cancellationToken).ConfigureAwait(false))
        {
            case IntakeOutcome.Accepted(var bundles, var rollout):
                _run.Take(bundles, rollout);
                break;
            case IntakeOutcome.Failed(var problem):
                _fetchNow |= await RebuildMirrorAsync(problem, cancellationToken).ConfigureAwait(false);
                return problem;
        }

        _judged = tip;
        _board.Judged(tip);
        return null;
    }

    /// <returns>Whether there is a sound mirror now, to be looked at at once.</returns>
    private async Task<bool> RebuildMirrorAsync(Problem problem, CancellationToken cancellationToken) =>
        problem.Code == GitCodes.Damaged.Id &&
        await _mirror.RebuildAsync(cancellationToken).ConfigureAwait(false) is FetchOutcome.Fetched;

    private async Task<Problem?> StepAsync(CancellationToken cancellationToken)
    {
        var (opened, problem) = await _run.StepAsync(cancellationToken).ConfigureAwait(false);
        if (opened is [var first, ..])
        {
            _logger.Opened(first.Generation, _run.State!.Revision, opened.Count);
            Published?.Invoke(opened);
        }

        return problem;
    }

    private void Collect()
    {
        if (_time.GetElapsedTime(_collectedAt) < _untilCollection)
        {
            return;
        }

        (_collectedAt, _untilCollection) = (_time.GetTimestamp(), CollectionPeriod);
        var committed = _fleet.Nodes.Values.Select(node => node.Bundle).OfType<Digest>().ToHashSet();
        var result = _store.CollectGarbage(committed, _time.GetUtcNow());
        if (result.Dropped > 0)
        {
            _logger.Collected(result.Dropped, result.DroppedBytes, result.Kept);
        }
    }

    private TimeSpan UntilNextPass()
    {
        var untilFetch = _fetchNow ? TimeSpan.Zero : _poll - _time.GetElapsedTime(_fetchedAt);
        var untilStep = _run.AwaitsReports || _board.Status.Problem is not null ? CanaryPeriod : untilFetch;
        return TimeSpan.FromTicks(Math.Max(0, Math.Min(untilFetch.Ticks, untilStep.Ticks)));
    }
}
