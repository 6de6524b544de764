using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace GitOps.TestKit.EdgeX;

/// <summary>One request as it came, and what was answered.</summary>
public sealed record EdgeXExchange(string Method, string Path, string Body, int Status, string Answer);

/// <summary>
/// Stands for core-metadata and core-command of an EdgeX 3 or 4: keeps to their OpenAPI files, and to what their code does beside
/// that. A batch with one bad document is refused whole; within a good one each item has its answer.
/// </summary>
public sealed class EdgeXDouble : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Lock _lock = new();
    private int _failures;

    private EdgeXDouble(WebApplication app, string version)
    {
        (_app, Metadata) = (app, new EdgeXMetadata(version));
        Commands = new EdgeXCommands(Metadata);
    }

    public string Url => _app.Urls.Single().TrimEnd('/');

    public EdgeXMetadata Metadata { get; }

    public EdgeXCommands Commands { get; }

    public ConcurrentQueue<EdgeXExchange> Exchanges { get; } = [];

    /// <summary>Where something changed in core-metadata: as a system event has it, <c>device/update/…</c>.</summary>
    public Action<string>? Changed { get; set; }

    /// <summary>The services are away: every request is answered with 503.</summary>
    public bool IsAway { get; set; }

    /// <summary>What a secured EdgeX asks for; null: nothing.</summary>
    public string? Token { get; set; }

    public static async Task<EdgeXDouble> StartAsync(string version = "4.0.2", CancellationToken cancellationToken = default)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var edgeX = new EdgeXDouble(app, version);
        app.Run(edgeX.HandleAsync);
        await app.StartAsync(cancellationToken);
        return edgeX;
    }

    /// <summary>The next requests that would change something fail inside.</summary>
    public void FailNext(int count) => _failures = count;

    public IEnumerable<EdgeXExchange> Writes() => Exchanges.Where(exchange => exchange.Method != "GET");

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task HandleAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
        var body = await reader.ReadToEndAsync(context.RequestAborted);
        var target = context.Request.Path.Value! + context.Request.QueryString.Value;
        EdgeXReply reply;
        lock (_lock)
        {
            reply = Answer(context.Request, body);
        }

        var text = reply.Body.ToJsonString();
        Exchanges.Enqueue(new EdgeXExchange(context.Request.Method, target, body, reply.Status, text));
        context.Response.StatusCode = reply.Status;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(text, context.RequestAborted);
        if (reply.Event is { } told)
        {
            Changed?.Invoke(told);
        }
    }

    private EdgeXReply Answer(HttpRequest request, string body)
    {
        if (IsAway)
        {
            return EdgeXReply.Error(503, "the service is away");
        }

        if (Token is not null && request.Headers.Authorization != $"Bearer {Token}")
        {
            return EdgeXReply.Error(401, "the token is missing or wrong");
        }

        if (request.Method != "GET" && _failures > 0)
        {
            _failures--;
            return EdgeXReply.Error(500, "the database does not answer");
        }

        // Segments are unescaped one by one: a name may hold a slash.
        var raw = request.HttpContext.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget.Split('?')[0];
        var path = raw.Split('/', StringSplitOptions.RemoveEmptyEntries).Select(Uri.UnescapeDataString).ToArray();
        if (path is not ["api", "v3", .. var rest])
        {
            return EdgeXReply.Error(404, "there is nothing");
        }

        return rest switch
        {
            ["version"] => new EdgeXReply(200, new JsonObject { ["apiVersion"] = "v3", ["version"] = Metadata.Version, ["serviceName"] = "core-metadata" }),
            ["device", "name", var device, var command] => Commands.Handle(request.Method, device, command, body),
            ["device", "name", var device] when request.Method == "GET" => Metadata.Get("device", device),
            [var list, "all"] when request.Method == "GET" => Metadata.List(list, request.Query["offset"], request.Query["limit"]),
            [var list, "name", var name] when request.Method == "DELETE" => Metadata.Delete(list, name),
            [var list, "name", var name] when request.Method == "GET" => Metadata.Get(list, name),
            [var list] => Metadata.Write(request.Method, list, body),
            _ => EdgeXReply.Error(404, "there is nothing"),
        };
    }
}

/// <summary>An answer, and the event that it made.</summary>
internal sealed record EdgeXReply(int Status, JsonNode Body, string? Event = null)
{
    public static EdgeXReply Error(int status, string message) => new(status, Item(status, message));

    public static JsonObject Item(int status, string? message = null, string? id = null)
    {
        var item = new JsonObject { ["apiVersion"] = "v3", ["requestId"] = "", ["statusCode"] = status };
        if (message is not null)
        {
            item["message"] = message;
        }

        if (id is not null)
        {
            item["id"] = id;
        }

        return item;
    }
}
