using System.Threading.Channels;
using GitOps.Agent.Loop;
using GitOps.Bundles;
using GitOps.Bundles.Reports;
using GitOps.Platform.Files;
using GitOps.Platform.Http;
using GitOps.Platform.Mqtt;
using GitOps.Platform.Timing;
using Microsoft.Extensions.Logging;

namespace GitOps.Agent.Host.Transport;

/// <summary>
/// Brings reports up and hints down: over MQTT while a broker is reached, else over HTTPS. News waits on disk until it is
/// acknowledged; a report without news is sent once, the newest only.
/// </summary>
internal sealed partial class Uplink(
    string fleet, string node, NodeHttp http, MqttLink? link, ReportSpool spool, TimeProvider time, Random random, ILogger logger) : IReportOutbox
{
    private const int Batch = 32;
    private const int MostAcks = 32;
    private static readonly TimeSpan AckLimit = TimeSpan.FromSeconds(15);
    private readonly Wakeup _wakeup = new(time);
    private readonly Wakeup _acknowledged = new(time);
    private readonly Channel<Ack> _acks = Channel.CreateBounded<Ack>(MostAcks);
    private readonly Backoff _backoff = new(TimeSpan.FromSeconds(1), ReconnectWindow.Shortest, random);
    private NodeReport? _live;

    /// <summary>Told how many reports were dropped, once there is somebody again who hears it.</summary>
    public Action<long>? Dropped { get; set; }

    /// <summary>Told of each hint.</summary>
    public Action<long>? Hinted { get; set; }

    public void Post(NodeReport report, bool isNews)
    {
        if (isNews)
        {
            Volatile.Write(ref _live, null); // older than the news that holds all of it
            try
            {
                spool.Add(report);
            }
            catch (FileLayerException e)
            {
                LogNotKept(logger, e.Message);
                Volatile.Write(ref _live, report); // a full disk: sent once at least
            }
        }
        else
        {
            Volatile.Write(ref _live, report);
        }

        _wakeup.Signal();
    }

    /// <summary>Runs until cancelled.</summary>
    public Task RunAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(SendAsync(cancellationToken), ListenAsync(cancellationToken), TakeAcknowledgementsAsync(cancellationToken));

    /// <summary>The broker came or went: what waits may go now.</summary>
    public void LinkChanged(MqttLinkState state)
    {
        if (state is MqttLinkState.Connected)
        {
            LogConnected(logger);
            _wakeup.Signal();
        }
        else if (state is MqttLinkState.Disconnected(var because, _))
        {
            LogDisconnected(logger, because);
        }
    }

    private async Task SendAsync(CancellationToken cancellationToken)
    {
        var wait = Timeout.InfiniteTimeSpan;
        while (true)
        {
            await _wakeup.WaitAsync(wait, cancellationToken);
            var reports = spool.Oldest(Batch);
            var live = reports.Count == 0 ? Interlocked.Exchange(ref _live, null) : null;
            if (reports.Count == 0 && live is null)
            {
                wait = Timeout.InfiniteTimeSpan;
                continue;
            }

            // Whatever is older than a live one was acknowledged, or went unheard: it never comes.
            var isSent = await SendAsync(live is null ? reports : [live with { Oldest = live.Sequence }], cancellationToken);
            if (isSent)
            {
                _backoff.Reset();
                _wakeup.Signal(); // there may be more
                wait = Timeout.InfiniteTimeSpan;
            }
            else
            {
                Interlocked.CompareExchange(ref _live, live, null); // the next one may be hours away
                _backoff.Maximum = http.ReconnectWindow;
                wait = _backoff.Next();
            }
        }
    }

    private async Task<bool> SendAsync(IReadOnlyList<NodeReport> reports, CancellationToken cancellationToken)
    {
        if (link is { State: MqttLinkState.Connected } broker && await PublishAsync(broker, reports, cancellationToken))
        {
            return true;
        }

        foreach (var report in reports)
        {
            if (!await PostAsync(report, cancellationToken))
            {
                return false;
            }
        }

        return true;
    }

    private async Task<bool> PublishAsync(MqttLink broker, IReadOnlyList<NodeReport> reports, CancellationToken cancellationToken)
    {
        foreach (var report in reports)
        {
            if (!await broker.PublishAsync(
                Topics.Report(fleet, node), ReportJson.Write(report), MqttQuality.AtLeastOnce, retain: false, cancellationToken))
            {
                return false;
            }
        }

        if (!spool.Oldest(1).Contains(reports[0]))
        {
            return true; // a live one: nobody waits for its acknowledgement
        }

        // The broker has them; the control plane may be away. Its word decides, and without it HTTPS is tried.
        var start = time.GetTimestamp();
        while (spool.Oldest(1) is [var oldest] && reports.Contains(oldest))
        {
            var left = AckLimit - time.GetElapsedTime(start);
            if (left <= TimeSpan.Zero)
            {
                return false;
            }

            await _acknowledged.WaitAsync(left, cancellationToken);
        }

        return true;
    }

    private async Task<bool> PostAsync(NodeReport report, CancellationToken cancellationToken)
    {
        switch (await http.PostJsonAsync($"v1/{fleet}/reports", ReportJson.Write(report), cancellationToken))
        {
            case HttpAnswer.Content(var body, _) when ReportJson.TryReadAck(body.Span) is { } ack:
                Acknowledge(ack);
                return true;
            case HttpAnswer.Refused(400 or 413, var detail):
                LogUnreadable(logger, report.Sequence, detail);
                spool.Drop(report); // it would stand in the way of every later one for ever
                return true;
            case HttpAnswer.Refused(var status, var detail):
                LogRefused(logger, status, detail);
                return false;
            case HttpAnswer.Unreachable(var because):
                LogUnreachable(logger, because);
                return false;
            default:
                return false;
        }
    }

    private bool Acknowledge(Ack ack)
    {
        var isNews = spool.Acknowledge(ack);
        if (spool.TakeDropped() is > 0 and var dropped)
        {
            Dropped?.Invoke(dropped);
        }

        return isNews;
    }

    private async Task ListenAsync(CancellationToken cancellationToken)
    {
        if (link is null)
        {
            return;
        }

        await foreach (var message in link.Messages.ReadAllAsync(cancellationToken))
        {
            switch (Topics.Parse(fleet, message.Topic))
            {
                case (_, "hint") when ReportJson.TryReadHint(message.Payload.Span) is { } hint:
                    Hinted?.Invoke(hint.Generation);
                    break;
                case (_, "ack") when ReportJson.TryReadAck(message.Payload.Span) is { } ack:
                    await _acks.Writer.WriteAsync(ack, cancellationToken);
                    break;
            }
        }
    }

    /// <summary>Apart from hints: what is acknowledged costs the disk a flush, and a hint must not wait for it.</summary>
    private async Task TakeAcknowledgementsAsync(CancellationToken cancellationToken)
    {
        await foreach (var ack in _acks.Reader.ReadAllAsync(cancellationToken))
        {
            if (Acknowledge(ack))
            {
                _acknowledged.Signal();
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "the broker is reached")]
    private static partial void LogConnected(ILogger logger);

    [LoggerMessage(Level = LogLevel.Warning, Message = "the broker is not reached: {Because}; reports go over HTTPS meanwhile")]
    private static partial void LogDisconnected(ILogger logger, string because);

    [LoggerMessage(Level = LogLevel.Warning, Message = "reports wait: {Because}")]
    private static partial void LogUnreachable(ILogger logger, string because);

    [LoggerMessage(Level = LogLevel.Warning, Message = "reports wait: the control plane answers {Status}: {Detail}")]
    private static partial void LogRefused(ILogger logger, int status, string detail);

    [LoggerMessage(Level = LogLevel.Error, Message = "the control plane cannot read report {Sequence}, it is dropped: {Detail}")]
    private static partial void LogUnreadable(ILogger logger, long sequence, string detail);

    [LoggerMessage(Level = LogLevel.Error, Message = "a report could not be kept on disk: {Because}")]
    private static partial void LogNotKept(ILogger logger, string because);
}
