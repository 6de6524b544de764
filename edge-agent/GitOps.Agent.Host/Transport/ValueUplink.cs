using GitOps.Agent.Devices;
using GitOps.Agent.Host.Devices.Upstream;
using GitOps.Agent.Host.Links;
using GitOps.Agent.Links;
using GitOps.Bundles;
using GitOps.Bundles.Reports;
using GitOps.Platform.Files;
using GitOps.Platform.Http;
using GitOps.Platform.Timing;
using Microsoft.Extensions.Logging;

namespace GitOps.Agent.Host.Transport;

/// <summary>
/// Brings values of devices up over HTTPS, one body after the other, beside reports and pulls and never before them: they have
/// connections of their own. A link with windows or a budget holds values too. What is not answered is sent again.
/// </summary>
/// <param name="link">The way up, as the bundle says now.</param>
internal sealed partial class ValueUplink(
    string fleet, NodeHttp http, UpstreamValues values, Func<IMeteredLink> link, TimeProvider time, Random random, ILogger logger)
{
    /// <summary>A thin line gets less at once after each failure, or no body would ever be through in time.</summary>
    private const int LeastBytes = 16 * 1024;

    private const double Spread = 0.2;
    private static readonly TimeSpan HeldLook = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan UnknownLook = TimeSpan.FromMinutes(10);
    private readonly Wakeup _wakeup = new(time);
    private readonly Backoff _backoff = new(TimeSpan.FromSeconds(1), ReconnectWindow.Shortest, random);
    private int _limit = ValueRecord.MaxBodyBytes;

    /// <summary>Told when values had to be given up.</summary>
    public Action<Problem>? Note { get; init; }

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        values.Waiting = _wakeup.Signal;
        _wakeup.Signal(); // what an earlier run left
        while (true)
        {
            await _wakeup.WaitAsync(Timeout.InfiniteTimeSpan, cancellationToken);
            while (values.Take(_limit) is { } batch)
            {
                if (await SendAsync(batch, cancellationToken) is { } pause)
                {
                    await Task.Delay(pause, time, cancellationToken);
                }
            }
        }
    }

    /// <summary>How long to wait before anything is sent again; null: go on.</summary>
    private async Task<TimeSpan?> SendAsync(ValueBatch batch, CancellationToken cancellationToken)
    {
        var way = link();
        if (way.Ask(batch.Body.Length) is LinkVerdict.Held(var held))
        {
            Wait(held.What);
            return Jitter.Around(HeldLook, Spread, random);
        }

        switch (await http.PostAsync($"v1/{fleet}/values", batch.Body, "application/x-ndjson", cancellationToken))
        {
            case HttpAnswer.Content(var body, _) when ReportJson.TryReadReceipt(body.Span) is { } receipt:
                Done(batch, way);
                if (receipt.Refused > 0)
                {
                    Note?.Invoke(Refused($"{receipt.Refused} values are refused: {receipt.Why}"));
                }

                return null;
            case HttpAnswer.Refused(400 or 413, var detail):
                Done(batch, way); // it would stand in the way of every later one for ever
                Note?.Invoke(Refused($"{batch.Body.Span.Count((byte)'\n')} values are refused: {detail}"));
                return null;
            case HttpAnswer.NotFound:
                Wait("the control plane is older, and takes no values");
                return Jitter.Around(UnknownLook, Spread, random);
            case HttpAnswer.Unreachable(var because) unreachable:
                Wait(because);
                _limit = Math.Max(LeastBytes, _limit / 2);
                return new[] { Next(), unreachable.RetryAfter ?? TimeSpan.Zero }.Max();
            case var answer:
                Wait($"the control plane answers {answer}");
                return Next();
        }
    }

    private void Done(ValueBatch batch, IMeteredLink way)
    {
        values.Forget(batch);
        (_limit, values.WaitsFor) = (Math.Min(ValueRecord.MaxBodyBytes, _limit * 2), null);
        _backoff.Reset();
        try
        {
            way.Count(batch.Body.Length);
        }
        catch (FileLayerException)
        {
            // It counts until the agent ends.
        }
    }

    private TimeSpan Next()
    {
        _backoff.Maximum = http.ReconnectWindow;
        return _backoff.Next();
    }

    private void Wait(string because)
    {
        if (values.WaitsFor != because)
        {
            values.WaitsFor = because; // said once, not with every try
            LogWaiting(logger, because);
        }
    }

    private static Problem Refused(string what) => new(UpstreamCodes.Refused, what, "compare the clock of this node, and the versions of agent and control plane");

    [LoggerMessage(Level = LogLevel.Information, Message = "values of devices wait: {Because}")]
    private static partial void LogWaiting(ILogger logger, string because);
}
