using GitOps.Agent.Loop;
using GitOps.Bundles;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Self;

/// <summary>
/// The loop's side of the agent's own executable: whether another one is asked for and may be brought here, and whether the
/// one that runs has proved itself. Asked by the loop and by what fetches beside it.
/// </summary>
internal sealed class SelfUpdate(IAgentSlots? slots, LoopOptions options)
{
    private readonly Lock _gate = new();
    private AgentSpec? _asked;
    private string? _waits;
    private TimeSpan? _reachedAt;
    private bool _isReached;
    private TimeSpan _uptime;

    /// <summary>The agent that is placed and takes over now.</summary>
    private AgentSpec? _next;
    private (Problem Why, bool IsUnreached)? _failed;

    /// <summary>The loop is to end, and another executable to begin.</summary>
    public bool IsLeaving => _next is not null || _failed is not null;

    public bool IsOnTrial => slots?.Trial is not null;

    /// <summary>When the trial is over, monotonic; null without one.</summary>
    public TimeSpan? TrialLeft => slots?.Trial is { } trial ? trial.Limit - _uptime : null;

    /// <summary>Whether this is the agent a bundle asks for.</summary>
    public bool Is(AgentSpec wanted) => slots?.Running == wanted.Blob.Digest;

    /// <summary>A bundle that the node is led to asks for it.</summary>
    public void Note(AgentSpec wanted)
    {
        lock (_gate)
        {
            (_asked, _waits) = (wanted, _asked == wanted ? _waits : null);
        }
    }

    /// <summary>What the store said to a pull counts for the trial.</summary>
    public void Hear(PullOutcome outcome, TimeSpan uptime)
    {
        lock (_gate)
        {
            _isReached = outcome is not PullOutcome.Unreachable;
            _reachedAt ??= _isReached ? uptime : null;
        }
    }

    /// <summary>Why it must not be brought here, before anything is fetched; or why not yet.</summary>
    public (Problem? Refused, Problem? Wait) Judge(AgentSpec wanted)
    {
        lock (_gate)
        {
            (_asked, _waits) = (wanted, "it is being brought here");
            if (slots is null)
            {
                return (new Problem(AgentCodes.NoDriver, What: "this agent is not one executable, and cannot replace itself",
                    Fix: "install the native agent, or take 'agent' out of Git for this node"), null);
            }

            if (!options.Policy.AgentUpdate)
            {
                return (new Problem(AgentCodes.PolicyAgent, What: $"the node's policy does not let Git replace its agent (asked for: {wanted.Version})",
                    Fix: "set agentUpdate to true in policy.json on the node, or give the node a NodeGroup with the agent it has"), null);
            }

            return slots.Failure is { } failure && failure.Executable == wanted.Blob.Digest ? Judge(failure) : (null, null);
        }
    }

    /// <summary>Brings it into the free slot.</summary>
    public async Task<SlotOutcome> PlaceAsync(AgentSpec wanted, CancellationToken cancellationToken) =>
        slots is null ? throw new InvalidOperationException("judged before") : await slots.PlaceAsync(wanted, cancellationToken);

    /// <summary>Another agent waits for something.</summary>
    public void Waits(string forWhat)
    {
        lock (_gate)
        {
            _waits = forWhat;
        }
    }

    /// <summary>It is placed: the loop ends for it.</summary>
    public void TakeOver(AgentSpec placed) => _next = placed;

    public void Forgive() => slots?.Forgive();

    /// <summary>After each pass; the news when this agent has just proved itself.</summary>
    /// <param name="isWell">Everything was looked at and planned without a mistake of our own.</param>
    public string? JudgeTrial(bool isWell, TimeSpan uptime)
    {
        _uptime = uptime;
        if (slots?.Trial is not { } trial || IsLeaving)
        {
            return null;
        }

        var lacks = !isWell ? "a pass of it failed" : trial.MustReach && !IsReached() ? "it did not reach the control plane, which the agent before did" : null;
        if (lacks is null && slots.Confirm() is { } notKept)
        {
            lacks = $"that it is well cannot be written: {notKept.What}";
        }
        else if (lacks is null)
        {
            return $"the agent {trial.Slot.Version} has proved itself and is the node's agent now";
        }

        if (uptime >= trial.Limit)
        {
            _failed = (new Problem(AgentCodes.AgentGivenUp,
                What: $"the agent {trial.Slot.Version} did not prove itself within {trial.Limit.TotalSeconds} s: {lacks}",
                Fix: "see the agent's log on the node; then another version in Git, or 'gitops-agent retry'"), isWell && !IsReached());
        }

        return null;
    }

    /// <summary>Once the loop has ended and its state is on disk: what the next start is told.</summary>
    public Problem? Leave() =>
        _failed is var (why, isUnreached) ? slots!.GoBack(why, isUnreached)
        : _next is { } next ? slots!.Try(next, options.TrialLimit, IsReached())
        : null;

    /// <summary>Of what is asked for, for the report.</summary>
    public AgentVersion Report()
    {
        lock (_gate)
        {
            var version = new AgentVersion(options.Version, Bundle.CurrentFormat);
            if (slots is null || (_asked is null && slots is { Trial: null, Failure: null }))
            {
                return version;
            }

            var pending = slots.Trial is { } trial ? new PendingAgent(trial.Slot.Version, trial.Slot.Executable, "it runs, and has to prove itself")
                : slots.Failure is { } failure && (_asked is null || _asked.Blob.Digest == failure.Executable) ? new PendingAgent(failure.Version, failure.Executable, $"{failure.Why.Code}: {failure.Why.What}")
                : _asked is { } asked && !Is(asked) ? new PendingAgent(asked.Version, asked.Blob.Digest, _waits ?? "it is asked for")
                : null;
            return version with { Executable = slots.Running, Pending = pending };
        }
    }

    private bool IsReached()
    {
        lock (_gate)
        {
            return _isReached;
        }
    }

    /// <summary>
    /// One that only did not reach the control plane is at fault when this agent reaches it at once. Otherwise it was the
    /// network, which is never held against a bundle.
    /// </summary>
    private (Problem? Refused, Problem? Wait) Judge(AgentFailure failure)
    {
        if (!failure.IsUnreached || _reachedAt <= options.TrialLimit)
        {
            return (failure.Why, null);
        }

        if (_reachedAt is null && _uptime <= options.TrialLimit)
        {
            return (null, new Problem(AgentCodes.AgentWaits, What: $"{failure.Why.What}; whether this one does is to be seen", Fix: "nothing: it is tried again"));
        }

        slots!.Forgive();
        return (null, null);
    }
}
