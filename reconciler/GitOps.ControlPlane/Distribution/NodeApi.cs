using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using GitOps.Bundles;
using GitOps.Bundles.Publications;
using GitOps.Bundles.Reports;
using GitOps.ControlPlane.Hosting;
using GitOps.ControlPlane.Identity;
using GitOps.ControlPlane.Store;
using GitOps.ControlPlane.Values;
using GitOps.Platform.Timing;
using GitOps.Platform.Tls;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;

namespace GitOps.ControlPlane.Distribution;

/// <summary>
/// What nodes talk to over HTTPS with mutual TLS (docs/contracts.md §4 and §5): the store, each node its own part of it,
/// and a place for reports and for the values of devices.
/// </summary>
public sealed class NodeApi : IAsyncDisposable
{
    /// <summary>Longer than agents keep idle connections: a new one costs ten times what an unchanged answer does.</summary>
    private static readonly TimeSpan KeepAlive = TimeSpan.FromHours(3);

    /// <summary>Whoever shows no certificate may enrol and nothing else, so nobody needs a connection for longer.</summary>
    private static readonly TimeSpan StrangerLimit = TimeSpan.FromSeconds(30);

    private static readonly object PeerKey = new();

    private readonly ContentStore _store;
    private readonly ReportIntake _intake;
    private readonly FleetStatus _status;
    private readonly PeerVerifier _verifier;
    private readonly Withdrawals _withdrawals;
    private readonly ISigner _signer;
    private readonly EnrolmentEndpoint _enrolment;
    private readonly ValueEndpoint _values;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private WebEndpoint? _endpoint;

    private NodeApi(
        ContentStore store, ReportIntake intake, FleetStatus status, PeerVerifier verifier, Withdrawals withdrawals, ISigner signer,
        EnrolmentEndpoint enrolment, ValueEndpoint values, TimeProvider time, ILoggerFactory loggers)
    {
        (_store, _intake, _status, _verifier, _withdrawals, _signer, _time) = (store, intake, status, verifier, withdrawals, signer, time);
        (_enrolment, _values) = (enrolment, values);
        _logger = loggers.CreateLogger<NodeApi>();
    }

    /// <summary>Where it listens.</summary>
    public Uri Address { get; private set; } = new("about:blank");

    public static async Task<NodeApi> StartAsync(
        IPEndPoint endpoint,
        ServerIdentity identity,
        PeerVerifier verifier,
        Withdrawals withdrawals,
        ContentStore store,
        ReportIntake intake,
        FleetStatus status,
        ISigner signer,
        EnrolmentEndpoint enrolment,
        ValueEndpoint values,
        TimeProvider time,
        ILoggerFactory loggers,
        CancellationToken cancellationToken)
    {
        var api = new NodeApi(store, intake, status, verifier, withdrawals, signer, enrolment, values, time, loggers);
        var tls = new HttpsConnectionAdapterOptions
        {
            ServerCertificateSelector = (_, _) => identity.Certificate,
            SslProtocols = TlsVersions.Accepted,
            ClientCertificateMode = ClientCertificateMode.AllowCertificate, // without one: to enrol
            ClientCertificateValidation = (certificate, chain, _) =>
                api.IsAccepted(certificate, verifier.Verify(certificate, chain?.ChainPolicy.ExtraStore)),
        };
        api._endpoint = await WebEndpoint.StartAsync(
            endpoint, Limit, listen => LimitStrangers(listen.UseHttps(tls), time), api.AnswerAsync, loggers, cancellationToken).ConfigureAwait(false);
        api.Address = api._endpoint.Address;
        return api;
    }

    public ValueTask DisposeAsync() => Interlocked.Exchange(ref _endpoint, null)?.DisposeAsync() ?? ValueTask.CompletedTask;

    private static void Limit(KestrelServerLimits limits)
    {
        limits.KeepAliveTimeout = KeepAlive;
        limits.MaxRequestBodySize = NodeReport.MaxBytes;
        limits.MaxRequestHeadersTotalSize = 8 * 1024;
        limits.MaxRequestLineSize = 2 * 1024;
    }

    private static void LimitStrangers(ListenOptions listen, TimeProvider time) => listen.Use(next => async connection =>
    {
        using var limit = new CancellationTokenSource(
            connection.Features.Get<ITlsConnectionFeature>()?.ClientCertificate is null ? StrangerLimit : Timeout.InfiniteTimeSpan, time);
        using var ending = limit.Token.Register(connection.Abort);
        await next(connection).ConfigureAwait(false);
    });

    /// <summary>An expired certificate is let in to be renewed; each request looks at it again.</summary>
    private bool IsAccepted(X509Certificate2 certificate, PeerVerdict verdict)
    {
        if (verdict is PeerVerdict.Refused { IsByTime: true } && _enrolment.IsWithinGrace(certificate))
        {
            return true;
        }

        if (verdict is PeerVerdict.Refused(var because))
        {
            DistributionLog.PeerRefused(_logger, because);
        }

        return verdict is PeerVerdict.Accepted;
    }

    private async Task AnswerAsync(HttpContext context)
    {
        if (await AnswerEnrolmentAsync(context).ConfigureAwait(false))
        {
            return;
        }

        if (PeerOf(context) is not { } peer)
        {
            await HttpProblem.WriteAsync(context, StatusCodes.Status403Forbidden, DistributionCodes.PeerRefused,
                $"the certificate is not one of a node of fleet {_store.Fleet}", "enrol the node: gitops enroll create NAME").ConfigureAwait(false);
            return;
        }

        _status.Seen(peer);
        context.Response.Headers[ReconnectWindow.Header] =
            ReconnectWindow.For(_store.Nodes.Count).TotalMilliseconds.ToString("0", CultureInfo.InvariantCulture);
        var (method, path) = (context.Request.Method, context.Request.Path.Value ?? string.Empty);
        var isRead = HttpMethods.IsGet(method) || HttpMethods.IsHead(method);
        if (isRead && path == "/healthz")
        {
            context.Response.StatusCode = StatusCodes.Status200OK;
        }
        else if (HttpMethods.IsPost(method) && path == $"/v1/{_store.Fleet}/reports")
        {
            await ReceiveAsync(context, peer).ConfigureAwait(false);
        }
        else if (HttpMethods.IsPost(method) && path == $"/v1/{_store.Fleet}/values")
        {
            await _values.AnswerAsync(context, peer).ConfigureAwait(false);
        }
        else if (isRead && NonceOf(path) is { } nonce)
        {
            await TellTimeAsync(context, nonce).ConfigureAwait(false);
        }
        else if (isRead && Find(context, peer, path) is { } found)
        {
            await StoreAnswer.WriteAsync(context, found).ConfigureAwait(false);
        }
        else
        {
            await HttpProblem.WriteAsync(context, StatusCodes.Status404NotFound, DistributionCodes.NotInStore,
                $"there is no {path} for '{peer}'", "nodes read their own pointer and secrets, head, roots and the blobs of their own bundles").ConfigureAwait(false);
        }
    }

    /// <summary>Whether it was a request for a certificate.</summary>
    private async Task<bool> AnswerEnrolmentAsync(HttpContext context)
    {
        var path = context.Request.Path.Value;
        var isPost = HttpMethods.IsPost(context.Request.Method);
        if (path == EnrolmentEndpoint.EnrolPath && (isPost || HttpMethods.IsGet(context.Request.Method)))
        {
            await (isPost ? _enrolment.EnrolAsync(context) : _enrolment.TellAuthoritiesAsync(context)).ConfigureAwait(false);
            return true;
        }

        if (!isPost || path != $"/v1/{_store.Fleet}/renew" || context.Connection.ClientCertificate is not { } certificate)
        {
            return false;
        }

        var verdict = _verifier.Verify(certificate);
        if (verdict is PeerVerdict.Refused { IsByTime: true } && !_enrolment.IsWithinGrace(certificate))
        {
            await _enrolment.RefuseAsync(context, certificate).ConfigureAwait(false);
            return true;
        }

        if (NameOf(verdict is PeerVerdict.Refused { IsByTime: true } ? PeerVerifier.Claim(certificate) : verdict) is not { } node)
        {
            return false;
        }

        await _enrolment.RenewAsync(context, node, certificate).ConfigureAwait(false);
        return true;
    }

    /// <summary>
    /// The node's name. A connection lives for hours: the certificate is judged once, whether it was revoked or ended since,
    /// each time.
    /// </summary>
    private string? PeerOf(HttpContext context)
    {
        if (context.Connection.ClientCertificate is { } certificate && _verifier.RevokedBecause(certificate) is { } because)
        {
            DistributionLog.PeerRefused(_logger, $"its certificate {certificate.SerialNumber} is revoked: {because}");
            context.Features.Get<IConnectionLifetimeFeature>()?.Abort();
            return null;
        }

        if (context.Connection.ClientCertificate?.NotAfter.ToUniversalTime() < _time.GetUtcNow().UtcDateTime)
        {
            return null; // it may still be renewed
        }

        var items = context.Features.Get<IConnectionItemsFeature>()?.Items;
        if (items?.TryGetValue(PeerKey, out var known) is true)
        {
            return (string?)known;
        }

        var name = NameOf(_verifier.Verify(context.Connection.ClientCertificate));
        items?.Add(PeerKey, name);
        return name;
    }

    private string? NameOf(PeerVerdict verdict) =>
        verdict is PeerVerdict.Accepted(var node, var fleet) && fleet == _store.Fleet && Label.IsValid(node) ? node : null;

    private string? NonceOf(string path) =>
        path.Split('/') is ["", "v1", var fleet, "time", var nonce] && fleet == _store.Fleet && TimeStatement.IsNonce(nonce) ? nonce : null;

    private Task TellTimeAsync(HttpContext context, string nonce)
    {
        var statement = new TimeStatement { Fleet = _store.Fleet, Nonce = nonce, Time = _time.GetUtcNow() };
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.Body.WriteAsync(statement.Sign(_signer).ToBytes(), context.RequestAborted).AsTask();
    }

    private StoredObject? Find(HttpContext context, string node, string path)
    {
        // What a node may not read looks as if it were not there.
        var isItsOwn = path.Split('/') switch
        {
            ["", "v1", _, "head"] or ["", "v1", _, "root", _] => true,
            ["", "v1", _, "nodes", _, var name] => name == node && IsForIt(context, node),
            ["", "v1", _, "sealed", _, var name] => name == node,
            ["", "v1", _, "blobs", "sha256", var start, var rest] =>
                Digest.TryParse($"sha256:{start}{rest}", out var blob) && _store.Names(node, blob),
            _ => false,
        };
        return isItsOwn ? _store.Find(path[1..]) : null;
    }

    /// <summary>A tombstone is for the identity that was taken out of the fleet, not for the one that came after it.</summary>
    private bool IsForIt(HttpContext context, string node) =>
        _store.PointerOf(node) is not { Decommission: not null } || _withdrawals.Find(context.Connection.ClientCertificate!) is not null;

    private async Task ReceiveAsync(HttpContext context, string node)
    {
        var body = await BoundedBody.ReadAsync(context.Request, NodeReport.MaxBytes, context.RequestAborted).ConfigureAwait(false);
        if (body is null)
        {
            await HttpProblem.WriteAsync(context, StatusCodes.Status413PayloadTooLarge, DistributionCodes.UnreadableReport,
                $"a report has at most {NodeReport.MaxBytes} bytes", "report fewer events at once").ConfigureAwait(false);
            return;
        }

        switch (await _intake.ReceiveAsync(node, body, context.RequestAborted).ConfigureAwait(false))
        {
            case ReportReceipt.Booked(var ack):
                context.Response.ContentType = "application/json";
                await context.Response.Body.WriteAsync(ReportJson.Write(ack), context.RequestAborted).ConfigureAwait(false);
                break;
            case ReportReceipt.Refused(var problem):
                await RefuseAsync(context, StatusCodes.Status400BadRequest, node, problem).ConfigureAwait(false);
                break;
            case ReportReceipt.Foreign(var problem):
                await RefuseAsync(context, StatusCodes.Status403Forbidden, node, problem).ConfigureAwait(false);
                break;
            case ReportReceipt.TryAgain(var problem):
                await RefuseAsync(context, StatusCodes.Status503ServiceUnavailable, node, problem).ConfigureAwait(false);
                break;
        }
    }

    private Task RefuseAsync(HttpContext context, int status, string node, Problem problem)
    {
        DistributionLog.ReportRefused(_logger, problem.Code, node, problem.What);
        var code = DistributionCodes.All.First(c => c.Id == problem.Code);
        return HttpProblem.WriteAsync(context, status, code, problem.What, problem.Fix);
    }
}
