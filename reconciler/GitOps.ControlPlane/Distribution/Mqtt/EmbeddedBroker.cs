using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using GitOps.Bundles;
using GitOps.Bundles.Reports;
using GitOps.ControlPlane.Identity;
using GitOps.Platform.Tls;
using Microsoft.Extensions.Logging;
using MQTTnet;
using MQTTnet.Packets;
using MQTTnet.Protocol;
using MQTTnet.Server;

namespace GitOps.ControlPlane.Distribution.Mqtt;

/// <summary>
/// The broker inside the control plane, for nodes only: mutual TLS, the client id is the certificate's name, a node uses its
/// own three topics. Nothing is routed between clients: reports are handled here and hints and acks go to the one session,
/// because the library's own dispatch visits every session for every message.
/// </summary>
public sealed class EmbeddedBroker : IBroker
{
    /// <summary>A node has at most a hint and some acks under way; one that does not read loses the oldest.</summary>
    private const int MaxPendingPerNode = 100;

    /// <summary>A report, and room for its topic and properties.</summary>
    internal const int MaxPacketBytes = NodeReport.MaxBytes + (4 * 1024);

    private const string HintItem = "hint";
    private const string AckItem = "ack";
    private const string CertificateItem = "certificate";
    private const string EndItem = "end";

    private static readonly MqttServerClientDisconnectOptions NotAuthorized = new()
    {
        ReasonCode = MqttDisconnectReasonCode.NotAuthorized,
    };

    private readonly string _fleet;
    private readonly IPEndPoint _endpoint;
    private readonly ReportIntake _intake;
    private readonly HintBook _hints;
    private readonly FleetStatus _status;
    private readonly PeerVerifier _verifier;
    private readonly Withdrawals _withdrawals;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly MqttServer _server;

    /// <summary>By node, the certificate it connected with.</summary>
    private readonly ConcurrentDictionary<string, string> _connected = new(StringComparer.Ordinal);

    public EmbeddedBroker(
        string fleet,
        IPEndPoint endpoint,
        ServerIdentity identity,
        PeerVerifier verifier,
        Withdrawals withdrawals,
        ReportIntake intake,
        HintBook hints,
        FleetStatus status,
        TimeProvider time,
        ILogger logger)
    {
        (_fleet, _endpoint, _verifier, _withdrawals) = (fleet, endpoint, verifier, withdrawals);
        (_intake, _hints, _status, _time, _logger) = (intake, hints, status, time, logger);
        _server = new MqttServerFactory().CreateMqttServer(
            Options(), [new BrokerListener(endpoint, identity, verifier, MaxPacketBytes, logger)]);
        _server.ValidatingConnectionAsync += ValidateAsync;
        _server.InterceptingSubscriptionAsync += AuthorizeAsync;
        _server.ClientSubscribedTopicAsync += ServeRetainedAsync;
        _server.InterceptingPublishAsync += ReceiveAsync;
        _server.ClientConnectedAsync += ConnectedAsync;
        _server.ClientDisconnectedAsync += DisconnectedAsync;
        _withdrawals.Changed += EndRevokedSessions;
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await _server.StartAsync().ConfigureAwait(false);
        DistributionLog.BrokerListening(_logger, _endpoint.ToString());
    }

    public async Task HintAsync(IReadOnlyCollection<string> nodes, CancellationToken cancellationToken)
    {
        foreach (var node in nodes.Where(_connected.ContainsKey))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (_hints.Of(node) is { } generation)
            {
                await DeliverAsync(node, HintItem, BrokerMessages.Hint(_fleet, node, generation)).ConfigureAwait(false);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        _withdrawals.Changed -= EndRevokedSessions;
        if (_server.IsStarted)
        {
            await _server.StopAsync(new MqttServerStopOptionsBuilder().Build()).ConfigureAwait(false);
        }

        _server.Dispose();
    }

    private static MqttServerOptions Options() => new MqttServerOptionsBuilder()
        .WithoutDefaultEndpoint()
        .WithPersistentSessions(false)
        .WithMaxPendingMessagesPerClient(MaxPendingPerNode)
        .WithPendingMessagesOverflowStrategy(MqttPendingMessagesOverflowStrategy.DropOldestQueuedMessage)
        .Build();

    private Task ValidateAsync(ValidatingConnectionEventArgs args)
    {
        var because = _verifier.Verify(args.ClientCertificate) switch
        {
            PeerVerdict.Refused refused => refused.Because,
            PeerVerdict.Accepted { Organization: var fleet } when fleet != _fleet => $"its certificate is for fleet '{fleet}'",
            PeerVerdict.Accepted { CommonName: var name } when name != args.ClientId || !Label.IsValid(name) =>
                $"client id '{args.ClientId}' is not the certificate's name '{name}'",
            _ => null,
        };
        if (because is not null)
        {
            DistributionLog.PeerRefused(_logger, because);
            args.ReasonCode = MqttConnectReasonCode.NotAuthorized;
            args.ReasonString = because;
        }
        else
        {
            args.SessionItems[CertificateItem] = Withdrawals.SerialOf(args.ClientCertificate);
            args.SessionItems[EndItem] = args.ClientCertificate.NotAfter.ToUniversalTime();
        }

        return Task.CompletedTask;
    }

    private Task AuthorizeAsync(InterceptingSubscriptionEventArgs args)
    {
        if (ItemOf(args.ClientId, args.TopicFilter) is null)
        {
            DistributionLog.TopicRefused(_logger, args.ClientId, "subscribe to", args.TopicFilter.Topic);
            args.Response.ReasonCode = MqttSubscribeReasonCode.NotAuthorized;
            args.ProcessSubscription = false;
        }

        return Task.CompletedTask;
    }

    private async Task ServeRetainedAsync(ClientSubscribedTopicEventArgs args)
    {
        var item = ItemOf(args.ClientId, args.TopicFilter);
        args.SessionItems[item!] = true;
        if (item == HintItem && _hints.Of(args.ClientId) is { } generation)
        {
            await DeliverAsync(args.ClientId, HintItem, BrokerMessages.Hint(_fleet, args.ClientId, generation)).ConfigureAwait(false);
        }
    }

    private string? ItemOf(string node, MqttTopicFilter filter) =>
        filter.Topic == Topics.Hint(_fleet, node) ? HintItem : filter.Topic == Topics.Ack(_fleet, node) ? AckItem : null;

    private async Task ReceiveAsync(InterceptingPublishEventArgs args)
    {
        args.ProcessPublish = false; // nobody subscribes to reports: they are for this process
        var (node, message) = (args.ClientId, args.ApplicationMessage);
        if (message.Topic != Topics.Report(_fleet, node))
        {
            DistributionLog.TopicRefused(_logger, node, "publish on", message.Topic);
            args.Response.ReasonCode = MqttPubAckReasonCode.NotAuthorized;
            return;
        }

        if ((DateTime)args.SessionItems[EndItem]! < _time.GetUtcNow().UtcDateTime)
        {
            // A session lives as long as its connection; its certificate may end before.
            args.Response.ReasonCode = MqttPubAckReasonCode.NotAuthorized;
            _ = EndAsync(node);
            return;
        }

        if (message.Payload.IsEmpty)
        {
            return; // the will: the end of the session is known by itself
        }

        switch (await _intake.ReceiveAsync(node, message.Payload.ToArray(), args.CancellationToken).ConfigureAwait(false))
        {
            case ReportReceipt.Booked(var ack):
                await DeliverAsync(node, AckItem, BrokerMessages.Ack(_fleet, node, ack)).ConfigureAwait(false);
                break;
            case ReportReceipt.Refused(var problem):
                Refuse(args, MqttPubAckReasonCode.PayloadFormatInvalid, problem);
                break;
            case ReportReceipt.Foreign(var problem):
                Refuse(args, MqttPubAckReasonCode.NotAuthorized, problem);
                break;
            case ReportReceipt.TryAgain(var problem):
                Refuse(args, MqttPubAckReasonCode.UnspecifiedError, problem);
                break;
        }
    }

    private void Refuse(InterceptingPublishEventArgs args, MqttPubAckReasonCode code, Problem problem)
    {
        DistributionLog.ReportRefused(_logger, problem.Code, args.ClientId, problem.What);
        args.Response.ReasonCode = code;
        args.Response.ReasonString = problem.What;
    }

    private Task ConnectedAsync(ClientConnectedEventArgs args)
    {
        _connected[args.ClientId] = (string)args.SessionItems[CertificateItem]!;
        _status.Connected(args.ClientId);
        return Task.CompletedTask;
    }

    private Task DisconnectedAsync(ClientDisconnectedEventArgs args)
    {
        // After a takeover the name stays: the new session began before the old one ended.
        if (args.DisconnectType != MqttClientDisconnectType.Takeover)
        {
            _connected.TryRemove(args.ClientId, out _);
        }

        _status.Disconnected(args.ClientId);
        return Task.CompletedTask;
    }

    private void EndRevokedSessions()
    {
        foreach (var (node, serial) in _connected)
        {
            if (_withdrawals.Find(serial) is { State: Withdrawal.Revoked, Because: var because })
            {
                DistributionLog.PeerRefused(_logger, $"the session of {node} ends, its certificate {serial} is revoked: {because}");
                _ = EndAsync(node);
            }
        }
    }

    private async Task EndAsync(string node)
    {
        try
        {
            await _server.DisconnectClientAsync(node, NotAuthorized).ConfigureAwait(false);
        }
        catch (InvalidOperationException)
        {
            // It ended by itself meanwhile.
        }
    }

    /// <summary>Hands a message to the node's session when it subscribed; does not wait for the node.</summary>
    private async Task DeliverAsync(string node, string item, MqttApplicationMessage message)
    {
        try
        {
            var session = await _server.GetSessionAsync(node).ConfigureAwait(false);
            if (session.Items.Contains(item))
            {
                session.TryEnqueueApplicationMessage(message, out _);
            }
        }
        catch (InvalidOperationException)
        {
            // The session ended meanwhile: a hint waits for the next one, an ack is sent for the next duplicate.
        }
    }
}
