using System.Security.Cryptography.X509Certificates;
using GitOps.Bundles;
using GitOps.Bundles.Reports;
using GitOps.Platform.Mqtt;
using GitOps.Platform.Tls;
using Microsoft.Extensions.Logging;

namespace GitOps.ControlPlane.Distribution.Mqtt;

/// <summary>How the control plane reaches a broker that others run.</summary>
/// <param name="Identity">Shown to the broker; named <see cref="MosquittoConfig.ControlPlaneName"/>.</param>
/// <param name="Verifier">Judges the broker's certificate.</param>
public sealed record ExternalBrokerOptions(Uri Address, X509Certificate2 Identity, PeerVerifier Verifier);

/// <summary>
/// The control plane as a client of a broker such as Mosquitto: reads every node's report, answers on the node's ack,
/// leaves the hint retained. After each connect every hint is published again: a broker may have lost what it retained.
/// </summary>
public sealed class ExternalBroker : IBroker
{
    /// <summary>Reports under way to the database; more wait at the broker.</summary>
    private const int MaxUnderWay = 1024;

    /// <summary>Hints under way to the broker, one after another would cost a round trip each.</summary>
    private const int HintsAtOnce = 64;

    private readonly string _fleet;
    private readonly ReportIntake _intake;
    private readonly HintBook _hints;
    private readonly ILogger _logger;
    private readonly Uri _address;
    private readonly MqttLink _link;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _slots = new(MaxUnderWay);
    private readonly SemaphoreSlim _connected = new(0);
    private Task _running = Task.CompletedTask;

    public ExternalBroker(
        string fleet,
        ExternalBrokerOptions options,
        ReportIntake intake,
        HintBook hints,
        TimeProvider time,
        ILogger logger)
    {
        (_fleet, _address, _intake, _hints, _logger) = (fleet, options.Address, intake, hints, logger);
        var link = new MqttLinkOptions(options.Address, MosquittoConfig.ControlPlaneName)
        {
            Identity = options.Identity,
            Verifier = options.Verifier,
            Subscriptions = [new MqttSubscription(Topics.Report(fleet, "+"))],
            MaximumBackoff = TimeSpan.FromSeconds(30),
        };
        _link = new MqttLink(link, time, Random.Shared, Tell);
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _link.Start();
        _running = Task.WhenAll(ReceiveAsync(), RepeatHintsAsync());
        return Task.CompletedTask;
    }

    public async Task HintAsync(IReadOnlyCollection<string> nodes, CancellationToken cancellationToken)
    {
        var options = new ParallelOptions { MaxDegreeOfParallelism = HintsAtOnce, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(nodes, options, async (node, stop) =>
        {
            if (_hints.Of(node) is { } generation)
            {
                // One that is not taken is published again after the next connect.
                await _link.PublishAsync(
                    Topics.Hint(_fleet, node), ReportJson.Write(new Hint(generation)), MqttQuality.AtLeastOnce, retain: true, stop)
                    .ConfigureAwait(false);
            }
        }).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        await _link.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
        _slots.Dispose();
        _connected.Dispose();
    }

    private void Tell(MqttLinkState state)
    {
        switch (state)
        {
            case MqttLinkState.Connected:
                DistributionLog.BrokerConnected(_logger, _address);
                _connected.Release();
                break;
            case MqttLinkState.Disconnected(var because, _):
                DistributionLog.Unreachable(_logger, _address, because);
                break;
        }
    }

    private async Task RepeatHintsAsync()
    {
        try
        {
            while (true)
            {
                await _connected.WaitAsync(_stop.Token).ConfigureAwait(false);
                await HintAsync(_hints.Nodes, _stop.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Disposed: the only way out.
        }
    }

    private async Task ReceiveAsync()
    {
        try
        {
            await foreach (var message in _link.Messages.ReadAllAsync(_stop.Token).ConfigureAwait(false))
            {
                // The access list lets a node publish on its own topic only: the topic says who it is.
                if (Topics.Parse(_fleet, message.Topic) is (var node, "report") && !message.IsRetained && !message.Payload.IsEmpty)
                {
                    await _slots.WaitAsync(_stop.Token).ConfigureAwait(false);
                    // Queued here, in order; the answer comes when it comes.
                    _ = AnswerAsync(node, _intake.ReceiveAsync(node, message.Payload, _stop.Token));
                }
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Disposed: wait for what is under way, so that nothing answers into a closed link.
        }

        for (var slot = 0; slot < MaxUnderWay; slot++)
        {
            await _slots.WaitAsync().ConfigureAwait(false);
        }
    }

    private async Task AnswerAsync(string node, Task<ReportReceipt> receiving)
    {
        try
        {
            var problem = await receiving.ConfigureAwait(false) switch
            {
                ReportReceipt.Booked(var ack) => await AckAsync(node, ack).ConfigureAwait(false),
                ReportReceipt.Refused(var refused) => refused,
                ReportReceipt.Foreign(var foreign) => foreign,
                ReportReceipt.TryAgain(var later) => later,
                var other => throw new System.Diagnostics.UnreachableException(other.ToString()),
            };
            if (problem is not null)
            {
                DistributionLog.ReportRefused(_logger, problem.Code, node, problem.What);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping: the node has no ack and sends the report again.
        }
        finally
        {
            _slots.Release();
        }
    }

    private async Task<Problem?> AckAsync(string node, Ack ack)
    {
        // An ack that is not taken is repeated for the duplicate the node sends.
        await _link.PublishAsync(
            Topics.Ack(_fleet, node), ReportJson.Write(ack), MqttQuality.AtLeastOnce, retain: false, _stop.Token)
            .ConfigureAwait(false);
        return null;
    }
}
