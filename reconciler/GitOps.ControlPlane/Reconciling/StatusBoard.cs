using GitOps.Bundles;
using GitOps.ControlPlane.Store;
using GitOps.Reconciler.Rollouts;
using Microsoft.Extensions.Logging;

namespace GitOps.ControlPlane.Reconciling;

/// <summary>Where the reconciler stands, for whoever asks; what changes is logged once.</summary>
internal sealed class StatusBoard(RevisionBook book, ContentStore store, RolloutRun run, ILogger logger)
{
    private volatile ReconcilerStatus _status = new();
    private RolloutStop? _loggedStop;

    public ReconcilerStatus Status => _status;

    public event Action? Changed;

    public void Fetched(DateTimeOffset at) => _status = _status with { FetchedAt = at };

    /// <summary>A pass is over.</summary>
    /// <param name="tip">The newest revision fetched.</param>
    public void Refresh(string? tip, Problem? problem)
    {
        Take(_status with
        {
            PublishedRevision = book.Published()?.Revision,
            Seen = tip is null ? null : book.Find(tip),
            Generation = store.HighestGeneration,
            Rollout = run.State,
            Holds = run.Holds,
            Problem = problem,
        });
        if (_status.Rollout is { Stop: { } stop } rollout && stop != _loggedStop)
        {
            _loggedStop = stop;
            logger.Stopped(rollout.Revision, stop.Node, stop.Problem);
        }
    }

    /// <summary>A pass broke off. The database may be what fails: nothing is read from it.</summary>
    public void Trouble(Problem problem) => Take(_status with { Problem = problem });

    /// <summary>A revision was judged.</summary>
    public void Judged(string revision)
    {
        var record = book.Find(revision);
        switch (record)
        {
            case { Outcome: RevisionOutcome.Published }:
                logger.Accepted(revision);
                break;
            case { Outcome: RevisionOutcome.Rejected }:
                logger.Rejected(revision, record.Findings.Count(finding => finding.Severity == "error"));
                break;
            case { Outcome: RevisionOutcome.Held, Hold: { } hold }:
                logger.Held(revision, hold.Id, hold.Problem);
                break;
        }

        foreach (var finding in record?.Findings ?? [])
        {
            if (finding.Severity == "error")
            {
                logger.FindingError(finding.ToText());
            }
            else
            {
                logger.FindingWarning(finding.ToText());
            }
        }
    }

    private void Take(ReconcilerStatus next)
    {
        var before = _status;
        _status = next;
        if (next.Problem is { } problem && problem.Code != before.Problem?.Code)
        {
            logger.Troubled(problem);
        }
        else if (next.Problem is null && before.Problem is { } over)
        {
            logger.Recovered(over.Code);
        }

        if (next != before)
        {
            Changed?.Invoke();
        }
    }
}
