using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Host.Devices.EdgeX;

/// <summary>What an EdgeX answered; the document belongs to whoever asked.</summary>
/// <param name="Status">0 when there was no answer.</param>
/// <param name="Why">Null when it answered as asked.</param>
internal sealed record EdgeXAnswer(int Status, JsonDocument? Body, string? Why) : IDisposable
{
    public bool IsGood => Why is null;

    /// <summary>It may be otherwise soon, without a change in Git.</summary>
    public bool Passes => EdgeXRest.Passes(Status);

    public void Dispose() => Body?.Dispose();
}

/// <summary>REST with a service of EdgeX, <c>/api/v3</c>: one request, one answer, bounded in time and size.</summary>
internal sealed class EdgeXRest(
    string url, string? authority, EquatableArray<HttpHeader> headers,
    Func<EquatableArray<ContentPart>, (byte[]? Bytes, Problem? Missing)> contents, TimeProvider time) : IDisposable
{
    private const int MaxAnswerBytes = 32 << 20;

    private HttpClient? _client;
    private string? _untrusted;

    /// <summary>No answer, asked too often, not allowed yet, or failed inside: nothing that a change of the object would mend.</summary>
    public static bool Passes(int status) => status is 0 or 401 or 403 or 408 or 429 or >= 500;

    public Task<EdgeXAnswer> GetAsync(string path, TimeSpan limit, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, path, null, limit, cancellationToken);

    public async Task<EdgeXAnswer> SendAsync(
        HttpMethod method, string path, string? json, TimeSpan limit, CancellationToken cancellationToken)
    {
        if (_client is null)
        {
            (_client, var missing) = DeviceHttpClient.Create(url, authority, headers, MaxAnswerBytes, contents, time, refused => _untrusted = refused);
            if (_client is null)
            {
                return new EdgeXAnswer(0, null, missing);
            }
        }

        using var request = new HttpRequestMessage(method, DeviceHttpClient.Below(url, $"api/v3/{path}"));
        if (json is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(json)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        }

        using var end = new CancellationTokenSource(limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(end.Token, cancellationToken);
        _untrusted = null;
        try
        {
            using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseContentRead, either.Token);
            var bytes = await response.Content.ReadAsByteArrayAsync(either.Token);
            return Read(method, path, response.StatusCode, bytes);
        }
        catch (HttpRequestException failure)
        {
            return new EdgeXAnswer(0, null, _untrusted ?? (failure.HttpRequestError == HttpRequestError.ConfigurationLimitExceeded
                ? $"the answer to {method} {path} has more than {MaxAnswerBytes} bytes"
                : $"{method} {path} failed: {failure.HttpRequestError}"));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new EdgeXAnswer(0, null, string.Create(CultureInfo.InvariantCulture, $"no answer to {method} {path} within {limit.TotalSeconds:0.###} s"));
        }
    }

    public void Dispose() => _client?.Dispose();

    /// <summary>What EdgeX says in words; of anything else only that it is no answer of EdgeX.</summary>
    public static string MessageOf(JsonElement answer) =>
        answer.ValueKind == JsonValueKind.Object && answer.TryGetProperty("message"u8, out var message) && message.ValueKind == JsonValueKind.String &&
        message.GetString() is { Length: > 0 } text ? Shorten(text) : "nothing in words";

    private static EdgeXAnswer Read(HttpMethod method, string path, HttpStatusCode status, byte[] bytes)
    {
        JsonDocument? body;
        try
        {
            body = JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = 64 });
        }
        catch (JsonException)
        {
            body = null;
        }

        var code = (int)status;
        return (code is >= 200 and < 300, body) switch
        {
            (true, { RootElement.ValueKind: JsonValueKind.Object or JsonValueKind.Array }) => new EdgeXAnswer(code, body, null),
            (true, _) => new EdgeXAnswer(502, body, $"{method} {path} is answered with something that is not of EdgeX"),
            (false, { } said) => new EdgeXAnswer(code, said, string.Create(CultureInfo.InvariantCulture, $"EdgeX says {code}: {MessageOf(said.RootElement)}")),
            _ => new EdgeXAnswer(code, null, string.Create(CultureInfo.InvariantCulture, $"{method} {path} is answered with {code} {status}")),
        };
    }

    private static string Shorten(string text) => text.Length <= 400 ? text : text[..400] + "…";
}
