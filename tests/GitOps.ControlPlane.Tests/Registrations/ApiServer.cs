using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using GitOps.Manifests.Registrations;
using k8s;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace GitOps.ControlPlane.Tests.Registrations;

/// <summary>
/// What of a Kubernetes API server a registration meets: list in pages, watch in chunks from a resource version, a status
/// subresource that takes merge patches, and a history that can be forgotten.
/// </summary>
internal sealed class ApiServer : IAsyncDisposable
{
    public const string Namespace = "gitops";
    private const string Token = "cluster-token";
    private static readonly string Path = $"/apis/{EdgeRegistration.ApiVersion}/namespaces/{Namespace}/{EdgeRegistration.Plural}";
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, JsonObject> _objects = new(StringComparer.Ordinal);
    private readonly List<(long Version, string Line)> _history = [];
    private readonly List<Channel<string?>> _watches = [];
    private readonly WebApplication _server;
    private long _version = 100;
    private long _forgotten;

    private ApiServer(WebApplication server) => _server = server;

    /// <summary>How often everything was listed.</summary>
    public int Lists { get; private set; }

    /// <summary>How often a status was written.</summary>
    public int Patches { get; private set; }

    /// <summary>How many requests were answered so.</summary>
    public int Refusals { get; private set; }

    /// <summary>Every request is answered with 500 while this is set.</summary>
    public bool IsBroken { get; set; }

    public int Watches
    {
        get
        {
            lock (_lock)
            {
                return _watches.Count;
            }
        }
    }

    public KubernetesClientConfiguration Configuration => new() { Host = _server.Urls.First(), AccessToken = Token };

    public static async Task<ApiServer> StartAsync(CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var server = builder.Build();
        var api = new ApiServer(server);
        server.Run(api.AnswerAsync);
        await server.StartAsync(cancellationToken);
        return api;
    }

    /// <summary>What <c>kubectl apply</c> does.</summary>
    public void Put(string name, string tokenHash, string fleet, bool suspended = false, string? expires = null, DateTimeOffset? created = null)
    {
        var spec = new JsonObject { ["node"] = name, ["fleet"] = fleet, ["tokenHash"] = tokenHash };
        if (suspended)
        {
            spec["suspended"] = true;
        }

        if (expires is not null)
        {
            spec["expires"] = expires;
        }

        lock (_lock)
        {
            var before = _objects.GetValueOrDefault(name);
            var item = new JsonObject
            {
                ["apiVersion"] = EdgeRegistration.ApiVersion,
                ["kind"] = EdgeRegistration.Kind,
                ["metadata"] = new JsonObject
                {
                    ["name"] = name,
                    ["generation"] = (before?["metadata"]!["generation"]!.GetValue<long>() ?? 0) + 1,
                    ["creationTimestamp"] = (created ?? DateTimeOffset.UtcNow).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture),
                },
                ["spec"] = spec,
            };
            if (before?["status"] is { } status)
            {
                item["status"] = status.DeepClone();
            }

            Store(name, item, before is null ? "ADDED" : "MODIFIED");
        }
    }

    public void Delete(string name)
    {
        lock (_lock)
        {
            if (_objects.Remove(name, out var item))
            {
                Tell("DELETED", item);
            }
        }
    }

    /// <summary>The condition of an object: status and reason; null while it has none.</summary>
    public (string Status, string Reason)? Condition(string name, string type)
    {
        lock (_lock)
        {
            var condition = _objects.GetValueOrDefault(name)?["status"]?["conditions"]?.AsArray().FirstOrDefault(c => c!["type"]!.GetValue<string>() == type);
            return condition is null ? null : (condition["status"]!.GetValue<string>(), condition["reason"]!.GetValue<string>());
        }
    }

    /// <summary>Connections of watches break; who comes back hears what was missed, unless the history was forgotten.</summary>
    public void Drop(bool forgets)
    {
        lock (_lock)
        {
            _forgotten = forgets ? ++_version : _forgotten;
            _watches.ForEach(watch => watch.Writer.TryWrite(null));
        }
    }

    public async ValueTask DisposeAsync()
    {
        Drop(forgets: false);
        await _server.StopAsync();
        await _server.DisposeAsync();
    }

    private void Store(string name, JsonObject item, string type)
    {
        _objects[name] = item;
        Tell(type, item);
    }

    private void Tell(string type, JsonObject item)
    {
        item["metadata"]!["resourceVersion"] = (++_version).ToString(System.Globalization.CultureInfo.InvariantCulture);
        var line = new JsonObject { ["type"] = type, ["object"] = item.DeepClone() }.ToJsonString();
        _history.Add((_version, line));
        _watches.ForEach(watch => watch.Writer.TryWrite(line));
    }

    private Task AnswerAsync(HttpContext context)
    {
        if (IsBroken || context.Request.Headers.Authorization != $"Bearer {Token}")
        {
            context.Response.StatusCode = IsBroken ? 500 : 401;
            Refusals++;
            return Task.CompletedTask;
        }

        var path = context.Request.Path.Value!;
        return context.Request.Method == "PATCH" && path.StartsWith(Path, StringComparison.Ordinal) ? PatchAsync(context, path.Split('/')[^2])
            : path != Path ? NotFound(context)
            : context.Request.Query["watch"] == "true" ? WatchAsync(context)
            : ListAsync(context);
    }

    private static Task NotFound(HttpContext context)
    {
        context.Response.StatusCode = 404;
        return Task.CompletedTask;
    }

    /// <summary>In pages of two, however many are asked for.</summary>
    private Task ListAsync(HttpContext context)
    {
        JsonObject list;
        lock (_lock)
        {
            Lists++;
            var after = context.Request.Query["continue"].ToString();
            var rest = _objects.Where(o => string.CompareOrdinal(o.Key, after) > 0).ToList();
            list = new JsonObject
            {
                ["metadata"] = new JsonObject
                {
                    ["resourceVersion"] = _version.ToString(System.Globalization.CultureInfo.InvariantCulture),
                    ["continue"] = rest.Count > 2 ? rest[1].Key : "",
                },
                ["items"] = new JsonArray([.. rest.Take(2).Select(o => o.Value.DeepClone())]),
            };
        }

        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(list.ToJsonString());
    }

    private async Task WatchAsync(HttpContext context)
    {
        var from = long.Parse(context.Request.Query["resourceVersion"]!, System.Globalization.CultureInfo.InvariantCulture);
        var watch = Channel.CreateUnbounded<string?>();
        lock (_lock)
        {
            if (from < _forgotten)
            {
                watch.Writer.TryWrite("{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"code\":410,\"reason\":\"Expired\"}}");
                watch.Writer.TryWrite(null);
            }
            else
            {
                _history.Where(h => h.Version > from).ToList().ForEach(h => watch.Writer.TryWrite(h.Line));
            }

            _watches.Add(watch);
        }

        try
        {
            context.Features.Get<IHttpResponseBodyFeature>()!.DisableBuffering();
            await context.Response.StartAsync(context.RequestAborted);
            await foreach (var line in watch.Reader.ReadAllAsync(context.RequestAborted))
            {
                if (line is null)
                {
                    return;
                }

                // In two pieces: a line may come in any.
                await context.Response.WriteAsync(line[..(line.Length / 2)], context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
                await context.Response.WriteAsync(line[(line.Length / 2)..] + "\n", context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
            }
        }
        catch (OperationCanceledException)
        {
            // The client went.
        }
        finally
        {
            lock (_lock)
            {
                _watches.Remove(watch);
            }
        }
    }

    private async Task PatchAsync(HttpContext context, string name)
    {
        Assert.Equal("application/merge-patch+json", context.Request.ContentType);
        Assert.EndsWith("/status", context.Request.Path.Value, StringComparison.Ordinal);
        var patch = (await JsonSerializer.DeserializeAsync(context.Request.Body, TestJson.Default.JsonObject, context.RequestAborted))!;
        lock (_lock)
        {
            if (!_objects.TryGetValue(name, out var item))
            {
                context.Response.StatusCode = 404;
                return;
            }

            Patches++;
            var changed = (JsonObject)item.DeepClone();
            changed["status"] = patch["status"]!.DeepClone();
            Store(name, changed, "MODIFIED");
        }
    }
}

[System.Text.Json.Serialization.JsonSerializable(typeof(JsonObject))]
internal sealed partial class TestJson : System.Text.Json.Serialization.JsonSerializerContext;
