using System.Globalization;
using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using GitOps.Bundles;
using GitOps.Bundles.Publications;
using GitOps.ControlPlane.Hosting;

namespace GitOps.ControlPlane.Api;

/// <summary>What the people's API answered. Closed.</summary>
public abstract record ApiAnswer<T>
{
    private ApiAnswer() { }

    public sealed record Ok(T Value) : ApiAnswer<T>;

    /// <summary>The control plane understood and will not, e.g. for want of a token.</summary>
    public sealed record Refused(int Status, Problem Problem) : ApiAnswer<T>;

    /// <summary>Nothing that could be used came back; trying again may help.</summary>
    public sealed record Unreachable(Problem Problem) : ApiAnswer<T>;
}

/// <summary>Something the event stream said. Closed.</summary>
public abstract record ApiChange
{
    private ApiChange() { }

    public sealed record Status(StatusDocument Document) : ApiChange;

    public sealed record Node(NodeSummary Summary) : ApiChange;
}

/// <summary>A typed client of the people's API.</summary>
/// <param name="http">With the control plane's address as its base; disposed by the caller.</param>
public sealed class ApiClient(HttpClient http, string token)
{
    private const int LimitBytes = 64 << 20;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    public Task<ApiAnswer<StatusDocument>> GetStatusAsync(CancellationToken cancellationToken) =>
        GetAsync("api/v1/status", ApiJson.Default.StatusDocument, cancellationToken);

    /// <summary>One page.</summary>
    public Task<ApiAnswer<NodePage>> GetNodesAsync(NodeQuery query, CancellationToken cancellationToken) =>
        GetAsync($"api/v1/nodes{query.ToQueryString()}", ApiJson.Default.NodePage, cancellationToken);

    public Task<ApiAnswer<NodeDocument>> GetNodeAsync(string name, CancellationToken cancellationToken) =>
        GetAsync($"api/v1/nodes/{Uri.EscapeDataString(name)}", ApiJson.Default.NodeDocument, cancellationToken);

    /// <summary>One page of devices.</summary>
    public Task<ApiAnswer<DevicePage>> GetDevicesAsync(DeviceQuery query, CancellationToken cancellationToken) =>
        GetAsync($"api/v1/devices{query.ToQueryString()}", ApiJson.Default.DevicePage, cancellationToken);

    /// <summary>What was told of a property of a device: the newest of what is asked for, oldest first.</summary>
    public Task<ApiAnswer<ValuePage>> GetValuesAsync(string device, ValueQuery query, CancellationToken cancellationToken) =>
        GetAsync($"api/v1/devices/{Uri.EscapeDataString(device)}/values{query.ToQueryString()}", ApiJson.Default.ValuePage, cancellationToken);

    /// <summary>The newest revisions, newest first.</summary>
    public Task<ApiAnswer<RevisionPage>> GetRevisionsAsync(int limit, CancellationToken cancellationToken) =>
        GetAsync(string.Create(CultureInfo.InvariantCulture, $"api/v1/revisions?limit={limit}"), ApiJson.Default.RevisionPage, cancellationToken);

    /// <summary>Makes the control plane look at the repository now.</summary>
    public Task<ApiAnswer<bool>> SyncAsync(CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, "api/v1/sync", _ => true, cancellationToken);

    /// <summary>Takes a node out of the fleet.</summary>
    public Task<ApiAnswer<RemovalDocument>> RemoveNodeAsync(
        string name, Decommission how, bool force, bool lost, CancellationToken cancellationToken) => SendAsync(
            HttpMethod.Delete,
            $"api/v1/nodes/{Uri.EscapeDataString(name)}?data={(how == Decommission.Keep ? "keep" : "wipe")}" +
                $"{(force ? "&force=true" : "")}{(lost ? "&lost=true" : "")}",
            body => JsonSerializer.Deserialize(body, ApiJson.Default.RemovalDocument)!,
            cancellationToken);

    public Task<ApiAnswer<RetryDocument>> RetryNodeAsync(string name, CancellationToken cancellationToken) => SendAsync(
        HttpMethod.Post,
        $"api/v1/nodes/{Uri.EscapeDataString(name)}/retry",
        body => JsonSerializer.Deserialize(body, ApiJson.Default.RetryDocument)!,
        cancellationToken);

    /// <summary>Makes an enrolment token for a node.</summary>
    public Task<ApiAnswer<NewEnrolmentDocument>> CreateEnrolmentAsync(
        string node, TimeSpan life, bool replace, CancellationToken cancellationToken) => SendAsync(
            HttpMethod.Post,
            string.Create(CultureInfo.InvariantCulture,
                $"api/v1/enrolments?node={Uri.EscapeDataString(node)}&expiresMs={life.TotalMilliseconds:0}{(replace ? "&replace=true" : "")}"),
            body => JsonSerializer.Deserialize(body, ApiJson.Default.NewEnrolmentDocument)!,
            cancellationToken);

    /// <summary>Every enrolment token, newest first.</summary>
    public Task<ApiAnswer<EnrolmentPage>> GetEnrolmentsAsync(CancellationToken cancellationToken) =>
        GetAsync("api/v1/enrolments", ApiJson.Default.EnrolmentPage, cancellationToken);

    /// <summary>What secrets of nodes are sealed to.</summary>
    public Task<ApiAnswer<RecipientPage>> GetRecipientsAsync(CancellationToken cancellationToken) =>
        GetAsync("api/v1/recipients", ApiJson.Default.RecipientPage, cancellationToken);

    public Task<ApiAnswer<EnrolmentDocument>> RevokeEnrolmentAsync(string id, CancellationToken cancellationToken) => SendAsync(
        HttpMethod.Delete,
        $"api/v1/enrolments/{Uri.EscapeDataString(id)}",
        body => JsonSerializer.Deserialize(body, ApiJson.Default.EnrolmentDocument)!,
        cancellationToken);

    /// <summary>Copies the archive of a node's newest generation, however long it takes.</summary>
    /// <returns>Its bytes.</returns>
    public async Task<ApiAnswer<long>> CarryAsync(string name, Stream to, CancellationToken cancellationToken)
    {
        try
        {
            using var request = Request(HttpMethod.Get, $"api/v1/nodes/{Uri.EscapeDataString(name)}/carry");
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
            if (!response.IsSuccessStatusCode)
            {
                await response.Content.LoadIntoBufferAsync(LimitBytes, cancellationToken).ConfigureAwait(false);
                return HttpProblem.TryRead(await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false)) is { } problem
                    ? new ApiAnswer<long>.Refused((int)response.StatusCode, problem.ToProblem())
                    : Unreachable<long>($"{http.BaseAddress} answered with status {(int)response.StatusCode}");
            }

            using var body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            var begin = to.Position;
            await body.CopyToAsync(to, cancellationToken).ConfigureAwait(false);
            return new ApiAnswer<long>.Ok(to.Position - begin);
        }
        catch (HttpRequestException failure)
        {
            return Unreachable<long>($"{http.BaseAddress}: {failure.GetBaseException().Message}");
        }
    }

    /// <summary>What people did, newest first.</summary>
    public Task<ApiAnswer<AuditPage>> GetAuditAsync(int limit, CancellationToken cancellationToken) =>
        GetAsync(string.Create(CultureInfo.InvariantCulture, $"api/v1/audit?limit={limit}"), ApiJson.Default.AuditPage, cancellationToken);

    /// <summary>
    /// What changes, as it changes, the status first. Ends when the connection does; the caller connects again.
    /// </summary>
    /// <exception cref="HttpRequestException">There is no stream to be had.</exception>
    public async IAsyncEnumerable<ApiChange> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var request = Request(HttpMethod.Get, "api/v1/events");
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
        response.EnsureSuccessStatusCode();
        using var body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await foreach (var item in SseParser.Create(body).EnumerateAsync(cancellationToken).ConfigureAwait(false))
        {
            ApiChange? change = item.EventType switch
            {
                "status" => new ApiChange.Status(JsonSerializer.Deserialize(item.Data, ApiJson.Default.StatusDocument)!),
                "node" => new ApiChange.Node(JsonSerializer.Deserialize(item.Data, ApiJson.Default.NodeSummary)!),
                _ => null, // of a newer control plane
            };
            if (change is not null)
            {
                yield return change;
            }
        }
    }

    private Task<ApiAnswer<T>> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, path, body => JsonSerializer.Deserialize(body, type)!, cancellationToken);

    private async Task<ApiAnswer<T>> SendAsync<T>(
        HttpMethod method, string path, Func<byte[], T> read, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        try
        {
            using var request = Request(method, path);
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token).ConfigureAwait(false);
            await response.Content.LoadIntoBufferAsync(LimitBytes, limit.Token).ConfigureAwait(false);
            var body = await response.Content.ReadAsByteArrayAsync(limit.Token).ConfigureAwait(false);
            return response.IsSuccessStatusCode
                ? new ApiAnswer<T>.Ok(read(body))
                : HttpProblem.TryRead(body) is { } problem
                    ? new ApiAnswer<T>.Refused((int)response.StatusCode, problem.ToProblem())
                    : Unreachable<T>($"{http.BaseAddress} answered with status {(int)response.StatusCode}");
        }
        catch (Exception failure) when (failure is HttpRequestException or JsonException or IOException)
        {
            return Unreachable<T>($"{http.BaseAddress}: {failure.GetBaseException().Message}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Unreachable<T>($"{http.BaseAddress} did not answer within {Limit.TotalSeconds:0} s");
        }
    }

    private HttpRequestMessage Request(HttpMethod method, string path)
    {
        var request = new HttpRequestMessage(method, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return request;
    }

    private static ApiAnswer<T>.Unreachable Unreachable<T>(string what) =>
        new(new Problem(ApiCodes.Unreachable, what, "check that 'gitops serve' runs and that the address is its people endpoint"));
}
