using System.Threading.Channels;
using GitOps.Agent.Generations;
using GitOps.Agent.Self;

namespace GitOps.Agent.Loop;

/// <summary>Says when the next look is worth it when nothing wakes the loop, and waits. All of it is monotonic.</summary>
internal sealed class LoopTiming(LoopOptions options, TimeProvider time, Random random)
{
    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(5);
    private readonly long _start = time.GetTimestamp();

    /// <summary>Since the agent's start.</summary>
    public TimeSpan Uptime => time.GetElapsedTime(_start);

    public TimeSpan NextLook(Course course, TroubleBook troubles, Releases releases, TrustWatch trust, SelfUpdate self, Reporter reporter)
    {
        List<TimeSpan?> times =
        [
            options.Observe * (0.9 + (0.2 * random.NextDouble())),
            troubles.NextRetry(Uptime),
            GenerationMachine.Remaining(course.Generations, options.CommitDeadline),
            releases.NextWork(Uptime),
            trust.NextWork(Uptime),
            course.NextSave,
            course.PinLeft,
            self.TrialLeft,
            reporter.NextHeartbeat,
            .. course.Plan.Holds.Select(h => h.Hold.RecheckAfter),
        ];
        var next = times.Min() ?? options.Observe;
        return next > ShortestWait ? next : ShortestWait;
    }

    /// <summary>Until there is an event, or the time is over.</summary>
    public async Task WaitAsync(ChannelReader<LoopEvent> events, TimeSpan limit, CancellationToken cancellationToken)
    {
        using var timer = new CancellationTokenSource(limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        try
        {
            await events.WaitToReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Nothing happened; it is time to look all the same.
        }
    }
}
