using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using GitOps.Bundles.Publications;
using GitOps.ControlPlane.Nodes;
using GitOps.ControlPlane.Hosting;
using GitOps.ControlPlane.Identity;
using GitOps.ControlPlane.Values;
using GitOps.Platform.Tls;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace GitOps.ControlPlane.Api;

/// <summary>What the people's endpoint needs.</summary>
/// <param name="Token">Every path below <c>/api/</c> asks for it.</param>
/// <param name="Webhooks">The kinds that are on, and their secrets.</param>
/// <param name="Server">Shown when the endpoint is HTTPS; null: plain HTTP, for the machine itself or behind a proxy.</param>
public sealed record PeopleApiOptions(
    IPEndPoint Endpoint, PeopleToken Token, IReadOnlyDictionary<WebhookKind, string> Webhooks, ServerIdentity? Server);

/// <summary>
/// The endpoint for people and their programs: JSON under <c>/api/v1</c> behind a token, webhooks behind their signature,
/// <c>/healthz</c> (the process lives) and <c>/readyz</c> (nodes are served) for whoever watches.
/// </summary>
public sealed class PeopleApi : IAsyncDisposable
{
    private const string DefaultLimit = "20";
    private const int MaxLimit = 1000;

    /// <summary>There is one token, so this is all that is known of who asks.</summary>
    private const string Actor = "the people's token";

    private readonly PeopleToken _token;
    private readonly IPeopleView _view;
    private readonly WebhookEndpoint _webhooks;
    private readonly EventStream _events;
    private readonly EnrolmentApi _enrolments;
    private readonly CancellationTokenSource _stop = new();
    private WebEndpoint? _endpoint;

    private PeopleApi(PeopleApiOptions options, IPeopleView view, TimeProvider time)
    {
        (_token, _view) = (options.Token, view);
        _webhooks = new WebhookEndpoint(options.Webhooks, view.Sync);
        _events = new EventStream(view, time);
        _enrolments = new EnrolmentApi(() => view.Enrolment, Actor);
    }

    /// <summary>Where it listens.</summary>
    public Uri Address { get; private set; } = new("about:blank");

    public static async Task<PeopleApi> StartAsync(
        PeopleApiOptions options, IPeopleView view, TimeProvider time, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        var api = new PeopleApi(options, view, time);
        api._endpoint = await WebEndpoint.StartAsync(
            options.Endpoint,
            limits => limits.MaxRequestBodySize = null, // only webhooks have bodies, and they count by themselves
            listen =>
            {
                if (options.Server is { } server)
                {
                    listen.UseHttps(tls =>
                    {
                        tls.ServerCertificateSelector = (_, _) => server.Certificate;
                        tls.SslProtocols = TlsVersions.Accepted;
                    });
                }
            },
            api.AnswerAsync,
            loggers,
            cancellationToken).ConfigureAwait(false);
        api.Address = api._endpoint.Address;
        return api;
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _endpoint, null) is { } endpoint)
        {
            await _stop.CancelAsync().ConfigureAwait(false); // event streams end only when told
            await endpoint.DisposeAsync().ConfigureAwait(false);
            _stop.Dispose();
        }
    }

    private Task AnswerAsync(HttpContext context)
    {
        var path = (context.Request.Path.Value ?? string.Empty).Split('/')[1..];
        var isRead = HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method);
        switch (path)
        {
            case ["healthz"] when isRead:
                return Task.CompletedTask;
            case ["readyz"] when isRead:
                return _view.IsReady
                    ? Task.CompletedTask
                    : HttpProblem.WriteAsync(context, StatusCodes.Status503ServiceUnavailable, ApiCodes.NotReady,
                        "nodes are not served yet", "see the control plane's log, or /api/v1/status");
            case ["hooks", var kind] when HttpMethods.IsPost(context.Request.Method):
                return _webhooks.AnswerAsync(context, kind);
            case ["api", ..] when !IsAuthorized(context.Request):
                context.Response.Headers.WWWAuthenticate = "Bearer";
                return HttpProblem.WriteAsync(context, StatusCodes.Status401Unauthorized, ApiCodes.NoToken,
                    "the request carries no token of this control plane",
                    "send 'Authorization: Bearer TOKEN'; on the control plane's machine TOKEN is in people.token of its data directory");
            case ["api", "v1", .. var rest]:
                return AnswerAsync(context, isRead, rest);
            default:
                return NotFoundAsync(context);
        }
    }

    private Task AnswerAsync(HttpContext context, bool isRead, string[] path)
    {
        switch (path)
        {
            case ["status"] when isRead:
                return WriteAsync(context, _view.Status(), ApiJson.Default.StatusDocument);
            case ["nodes"] when isRead:
                return NodeQuery.Read(Parameters(context.Request)) switch
                {
                    ({ } query, _) => WriteAsync(context, query.Of(_view.Nodes()), ApiJson.Default.NodePage),
                    (_, var wrong) => BadRequestAsync(context, wrong!),
                };
            case ["nodes", var name] when HttpMethods.IsDelete(context.Request.Method):
                return RemoveAsync(context, name);
            case ["nodes", var name] when isRead:
                return _view.Node(name) is { } node
                    ? WriteAsync(context, node, ApiJson.Default.NodeDocument)
                    : NotFoundAsync(context);
            case ["nodes", var name, "retry"] when HttpMethods.IsPost(context.Request.Method):
                return RetryAsync(context, name);
            case ["nodes", var name, "carry"] when HttpMethods.IsGet(context.Request.Method):
                return _view.Carry(name) is { } write ? CarryAsync(context, write) : NotFoundAsync(context);
            case ["devices"] when isRead:
                return DeviceQuery.Read(Parameters(context.Request)) switch
                {
                    ({ } query, _) => WriteAsync(context, query.Of(_view.Devices()), ApiJson.Default.DevicePage),
                    (_, var wrong) => BadRequestAsync(context, wrong!),
                };
            case ["recipients"] when isRead:
                return _view.Recipients() is { } known
                    ? WriteAsync(context, new RecipientPage([.. known.OrderBy(k => k.Key, StringComparer.Ordinal).Select(k => new RecipientDocument(k.Key, k.Value))]), ApiJson.Default.RecipientPage)
                    : HttpProblem.WriteAsync(context, StatusCodes.Status503ServiceUnavailable, ApiCodes.NotReady,
                        "nodes are not served yet", "see /api/v1/status for what is waited for");
            case ["devices", var device, "values"] when isRead:
                return ValueQuery.Read(Parameters(context.Request)) switch
                {
                    ({ } query, _) when _view.Values(device, query) is { } page => WriteAsync(context, page, ApiJson.Default.ValuePage),
                    ({ } query, _) => HttpProblem.WriteAsync(context, StatusCodes.Status404NotFound, ValueCodes.NoSeries,
                        $"nothing was told of '{query.Property}' of a device '{device}'", "look at the names with 'gitops devices'; in Git, only a property with 'upstream' is told"),
                    (_, var wrong) => BadRequestAsync(context, wrong!),
                };
            case ["enrolments", .. var rest]:
                return EnrolAsync(context, rest);
            case ["revisions"] when isRead:
                return WriteNewestAsync(context, limit => new RevisionPage(_view.Revisions(limit)), ApiJson.Default.RevisionPage);
            case ["audit"] when isRead:
                return WriteNewestAsync(context, limit => new AuditPage(_view.Audit(limit)), ApiJson.Default.AuditPage);
            case ["events"] when isRead:
                return _events.WriteAsync(context, _stop.Token);
            case ["sync"] when HttpMethods.IsPost(context.Request.Method):
                _view.Sync();
                context.Response.StatusCode = StatusCodes.Status202Accepted;
                return Task.CompletedTask;
            default:
                return NotFoundAsync(context);
        }
    }

    private async Task EnrolAsync(HttpContext context, string[] path)
    {
        if (!await _enrolments.TryAnswerAsync(context, path).ConfigureAwait(false))
        {
            await NotFoundAsync(context).ConfigureAwait(false);
        }
    }

    private static async Task CarryAsync(HttpContext context, Func<Stream, CancellationToken, Task> write)
    {
        context.Response.ContentType = "application/x-tar";
        context.Response.Headers.CacheControl = "no-store";
        try
        {
            await write(context.Response.Body, context.RequestAborted).ConfigureAwait(false);
        }
        catch (IOException)
        {
            context.Abort(); // what came so far must not look whole
        }
    }

    private async Task RemoveAsync(HttpContext context, string node)
    {
        var query = context.Request.Query;
        Decommission? data = query["data"].ToString() switch
        {
            "keep" => Decommission.Keep,
            "wipe" => Decommission.Wipe,
            _ => null,
        };
        if (data is not { } how)
        {
            await BadRequestAsync(context, "'data' is keep or wipe: what becomes of what the node runs").ConfigureAwait(false);
            return;
        }

        var removal = new NodeRemoval(node, how, Actor) { Force = query["force"] == "true", Lost = query["lost"] == "true" };
        await WriteAsync(context, await _view.RemoveAsync(removal, context.RequestAborted).ConfigureAwait(false), generation =>
            WriteAsync(context, new RemovalDocument(node, how.ToString().ToLowerInvariant(), generation), ApiJson.Default.RemovalDocument)).ConfigureAwait(false);
    }

    private async Task RetryAsync(HttpContext context, string node) =>
        await WriteAsync(context, await _view.RetryAsync(node, Actor, context.RequestAborted).ConfigureAwait(false), generation =>
            WriteAsync(context, new RetryDocument(node, generation), ApiJson.Default.RetryDocument)).ConfigureAwait(false);

    private static async Task WriteAsync(HttpContext context, NodeAnswer answer, Func<long, Task> done)
    {
        switch (answer)
        {
            case NodeAnswer.Done(var generation):
                await done(generation).ConfigureAwait(false);
                break;
            case NodeAnswer.Unknown(var problem):
                await HttpProblem.WriteAsync(context, StatusCodes.Status404NotFound, problem).ConfigureAwait(false);
                break;
            case NodeAnswer.Refused(var problem):
                await HttpProblem.WriteAsync(context, StatusCodes.Status409Conflict, problem).ConfigureAwait(false);
                break;
            case NodeAnswer.TryAgain(var problem):
                await HttpProblem.WriteAsync(context, StatusCodes.Status503ServiceUnavailable, problem).ConfigureAwait(false);
                break;
        }
    }

    private static Task WriteNewestAsync<T>(HttpContext context, Func<int, T> read, JsonTypeInfo<T> type)
    {
        var text = context.Request.Query["limit"].FirstOrDefault();
        if (!int.TryParse(text ?? DefaultLimit, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) ||
            limit is < 1 or > MaxLimit)
        {
            return BadRequestAsync(context, $"'{text}' is no limit: a number from 1 to {MaxLimit}");
        }

        return WriteAsync(context, read(limit), type);
    }

    private bool IsAuthorized(HttpRequest request)
    {
        const string scheme = "Bearer ";
        var presented = request.Headers.Authorization.ToString();
        return presented.StartsWith(scheme, StringComparison.OrdinalIgnoreCase) && _token.Matches(presented[scheme.Length..].Trim());
    }

    private static IEnumerable<KeyValuePair<string, string>> Parameters(HttpRequest request) =>
        request.Query.SelectMany(parameter => parameter.Value.Select(value => KeyValuePair.Create(parameter.Key, value ?? string.Empty)));

    internal static Task BadRequestAsync(HttpContext context, string wrong) =>
        HttpProblem.WriteAsync(context, StatusCodes.Status400BadRequest, ApiCodes.BadRequest, wrong, "correct the parameter");

    private static Task NotFoundAsync(HttpContext context) =>
        HttpProblem.WriteAsync(context, StatusCodes.Status404NotFound, ApiCodes.NotFound,
            $"there is no {context.Request.Method} {context.Request.Path}", "check the address");

    internal static Task WriteAsync<T>(HttpContext context, T document, JsonTypeInfo<T> type)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(document, type);
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = body.Length;
        context.Response.Headers.CacheControl = "no-store";
        return HttpMethods.IsHead(context.Request.Method)
            ? Task.CompletedTask
            : context.Response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }
}
