using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using GitOps.Manifests.Registrations;
using k8s;

namespace GitOps.ControlPlane.Registrations;

/// <summary>What a watch says. Closed.</summary>
internal abstract record RegistrationEvent
{
    private RegistrationEvent() { } // closed: every case is in this file

    public sealed record Changed(RegistrationObject Object) : RegistrationEvent;

    public sealed record Deleted(RegistrationObject Object) : RegistrationEvent;

    /// <summary>Nothing changed up to here.</summary>
    public sealed record Bookmark(string ResourceVersion) : RegistrationEvent;

    /// <summary>The server has forgotten so much that everything is to be listed again (410 Gone).</summary>
    public sealed record Gone : RegistrationEvent;
}

/// <summary>
/// The registrations of one namespace, over the official client: its configuration, credentials and TLS. Documents are read by
/// ourselves, because that client reads them by reflection.
/// </summary>
internal sealed class RegistrationClient : IDisposable
{
    private const int PageSize = 500;
    private const int LongestLine = 1 << 20;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>The server ends a watch after this long; a silent network is noticed a little later.</summary>
    private static readonly TimeSpan WatchLength = TimeSpan.FromMinutes(5);

    private readonly Kubernetes _cluster;
    private readonly string _path;

    public RegistrationClient(KubernetesClientConfiguration configuration, string ns)
    {
        configuration.HttpClientTimeout = Timeout.InfiniteTimeSpan; // each exchange has its own
        _cluster = new Kubernetes(configuration);
        _path = $"apis/{EdgeRegistration.ApiVersion}/namespaces/{Uri.EscapeDataString(ns)}/{EdgeRegistration.Plural}";
    }

    /// <summary>Everything there is, and where a watch goes on from.</summary>
    /// <exception cref="HttpRequestException">The server cannot be reached, or refuses.</exception>
    public async Task<(IReadOnlyList<RegistrationObject> Items, string ResourceVersion)> ListAsync(CancellationToken cancellationToken)
    {
        List<RegistrationObject> items = [];
        string? next = null;
        while (true)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(Limit);
            var query = $"?limit={PageSize}{(next is null ? "" : $"&continue={Uri.EscapeDataString(next)}")}";
            using var response = await SendAsync(HttpMethod.Get, _path + query, null, limit.Token).ConfigureAwait(false);
            using var body = await response.Content.ReadAsStreamAsync(limit.Token).ConfigureAwait(false);
            var page = await JsonSerializer.DeserializeAsync(body, RegistrationJson.Default.RegistrationList, limit.Token).ConfigureAwait(false);
            items.AddRange(page!.Items);
            next = page.Metadata.Continue;
            if (string.IsNullOrEmpty(next))
            {
                return (items, page.Metadata.ResourceVersion ?? string.Empty);
            }
        }
    }

    /// <summary>What changes from there on, until the server or the network ends it.</summary>
    /// <exception cref="HttpRequestException">The server cannot be reached, or refuses.</exception>
    public async IAsyncEnumerable<RegistrationEvent> WatchAsync(string resourceVersion, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(WatchLength + Limit);
        var query = FormattableString.Invariant(
            $"?watch=true&allowWatchBookmarks=true&timeoutSeconds={WatchLength.TotalSeconds:0}&resourceVersion={Uri.EscapeDataString(resourceVersion)}");
        using var response = await SendAsync(HttpMethod.Get, _path + query, null, limit.Token, HttpStatusCode.Gone).ConfigureAwait(false);
        if (response.StatusCode == HttpStatusCode.Gone)
        {
            yield return new RegistrationEvent.Gone();
            yield break;
        }

        using var body = await response.Content.ReadAsStreamAsync(limit.Token).ConfigureAwait(false);
        using var reader = new StreamReader(body);
        while (await reader.ReadLineAsync(limit.Token).ConfigureAwait(false) is { } line)
        {
            if (line.Length > LongestLine)
            {
                throw new InvalidDataException($"the API server sends a line of {line.Length} characters");
            }

            if (line.Length > 0 && Read(line) is { } seen)
            {
                yield return seen;
            }
        }
    }

    /// <summary>Writes an object's status; false when the object is gone.</summary>
    /// <exception cref="HttpRequestException">The server cannot be reached, or refuses.</exception>
    public async Task<bool> WriteStatusAsync(string name, RegistrationStatus status, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        var patch = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(new StatusPatch(status), RegistrationJson.Default.StatusPatch));
        patch.Headers.ContentType = new MediaTypeHeaderValue("application/merge-patch+json");
        using var response = await SendAsync(
            HttpMethod.Patch, $"{_path}/{Uri.EscapeDataString(name)}/status", patch, limit.Token, HttpStatusCode.NotFound).ConfigureAwait(false);
        return response.StatusCode != HttpStatusCode.NotFound;
    }

    public void Dispose() => _cluster.Dispose();

    private static RegistrationEvent? Read(string line)
    {
        var seen = JsonSerializer.Deserialize(line, RegistrationJson.Default.WatchLine)!;
        return seen.Type switch
        {
            "ADDED" or "MODIFIED" => new RegistrationEvent.Changed(Object()),
            "DELETED" => new RegistrationEvent.Deleted(Object()),
            "BOOKMARK" when seen.Object.GetProperty("metadata").GetProperty("resourceVersion").GetString() is { } version => new RegistrationEvent.Bookmark(version),
            "ERROR" when seen.Object.Deserialize(RegistrationJson.Default.ApiStatus) is { Code: (int)HttpStatusCode.Gone } => new RegistrationEvent.Gone(),
            "ERROR" => throw new HttpRequestException(seen.Object.Deserialize(RegistrationJson.Default.ApiStatus)?.Message ?? "the watch failed"),
            _ => null, // of a newer server
        };

        RegistrationObject Object() => seen.Object.Deserialize(RegistrationJson.Default.RegistrationObject)!;
    }

    private async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, HttpContent? content, CancellationToken cancellationToken, HttpStatusCode? expected = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(_cluster.BaseUri, path)) { Content = content };
        if (_cluster.Credentials is { } credentials)
        {
            await credentials.ProcessHttpRequestAsync(request, cancellationToken).ConfigureAwait(false);
        }

        var response = await _cluster.HttpClient.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode && response.StatusCode != expected)
        {
            using (response)
            {
                throw new HttpRequestException($"the API server answers {(int)response.StatusCode} to {method} {path.Split('?')[0]}", null, response.StatusCode);
            }
        }

        return response;
    }
}
