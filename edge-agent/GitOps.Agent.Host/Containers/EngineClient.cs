using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace GitOps.Agent.Host.Containers;

/// <summary>
/// The Docker-compatible REST API over a local socket, as far as the agent needs it (Docker Engine API 1.41, which Podman
/// serves too). Every answer has a size limit and every call a time limit; nothing is asked twice by itself.
/// </summary>
internal sealed class EngineClient : IDisposable
{
    private const int AnswerLimitBytes = 8 << 20;
    private const int MessageLimit = 500;

    private readonly HttpClient _http;

    public EngineClient(EngineLink link)
    {
        _http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, token) => await link.ConnectAsync(token),
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(5), // shorter than a service started by need waits for the next call
            UseProxy = false,
            AllowAutoRedirect = false,
        })
        {
            BaseAddress = new Uri("http://engine/"), // no version in the paths: each engine refuses some
            Timeout = Timeout.InfiniteTimeSpan, // each call has its own
        };
    }

    public static TimeSpan Usual { get; } = TimeSpan.FromSeconds(60);

    /// <returns>Null when the engine has no such thing.</returns>
    public async Task<T?> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            var answer = await SendAsync(HttpMethod.Get, path, null, Usual, cancellationToken);
            return JsonSerializer.Deserialize(answer, type);
        }
        catch (EngineException e) when (e.Status == 404)
        {
            return null;
        }
        catch (JsonException e)
        {
            throw new EngineException(500, $"{path}: {e.Message}");
        }
    }

    public async Task<T> PostAsync<TBody, T>(
        string path, TBody body, JsonTypeInfo<TBody> bodyType, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        var answer = await SendAsync(HttpMethod.Post, path, Json(body, bodyType), Usual, cancellationToken);
        try
        {
            return JsonSerializer.Deserialize(answer, type) ?? throw new EngineException(500, $"{path} is answered with null");
        }
        catch (JsonException e)
        {
            throw new EngineException(500, $"{path}: {e.Message}");
        }
    }

    public Task<byte[]> PostAsync(string path, HttpContent? body, TimeSpan limit, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, path, body, limit, cancellationToken);

    /// <summary>Removes; that there is none is fine.</summary>
    public async Task DeleteAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            await SendAsync(HttpMethod.Delete, path, null, Usual, cancellationToken);
        }
        catch (EngineException e) when (e.Status == 404)
        {
            // As it should be.
        }
    }

    /// <summary>Reads an answer as it comes. The time limit is for each piece of it.</summary>
    public async Task StreamAsync(
        HttpRequestMessage request, TimeSpan pieceLimit, Func<ReadOnlyMemory<byte>, bool> take, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        stop.CancelAfter(pieceLimit);
        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop.Token);
            await using var stream = await response.Content.ReadAsStreamAsync(stop.Token);
            if (!response.IsSuccessStatusCode)
            {
                throw Refusal(response.StatusCode, await ReadAsync(stream, stop.Token));
            }

            var buffer = new byte[16 * 1024];
            int length;
            while ((length = await stream.ReadAsync(buffer, stop.Token)) > 0 && take(buffer.AsMemory(0, length)))
            {
                stop.CancelAfter(pieceLimit);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new EngineException(null, $"the container engine said nothing for {pieceLimit.TotalSeconds} s");
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw Away(e);
        }
    }

    public void Dispose() => _http.Dispose();

    public static HttpContent Json<T>(T body, JsonTypeInfo<T> type)
    {
        var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body, type));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return content;
    }

    private async Task<byte[]> SendAsync(HttpMethod method, string path, HttpContent? body, TimeSpan limit, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        stop.CancelAfter(limit);
        using var request = new HttpRequestMessage(method, path) { Content = body };
        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop.Token);
            await using var stream = await response.Content.ReadAsStreamAsync(stop.Token);
            var answer = await ReadAsync(stream, stop.Token);
            // 304: it is so already (started, stopped).
            return response.IsSuccessStatusCode || response.StatusCode == HttpStatusCode.NotModified
                ? answer
                : throw Refusal(response.StatusCode, answer);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new EngineException(null, $"the container engine did not answer within {limit.TotalSeconds} s");
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw Away(e);
        }
    }

    private static async Task<byte[]> ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        using var all = new MemoryStream();
        var buffer = new byte[16 * 1024];
        int length;
        while ((length = await stream.ReadAsync(buffer, cancellationToken)) > 0)
        {
            if (all.Length + length > AnswerLimitBytes)
            {
                throw new EngineException(500, $"the container engine's answer is longer than {AnswerLimitBytes} bytes");
            }

            all.Write(buffer, 0, length);
        }

        return all.ToArray();
    }

    private static EngineException Refusal(HttpStatusCode status, byte[] answer)
    {
        string? message = null;
        try
        {
            message = JsonSerializer.Deserialize(answer, EngineJson.Default.EngineMessage)?.Message;
        }
        catch (JsonException)
        {
            // Not its usual form: as it is.
        }

        message ??= Encoding.UTF8.GetString(answer);
        return new EngineException((int)status, message.Length <= MessageLimit ? message : message[..MessageLimit] + "…");
    }

    private static EngineException Away(Exception e) => e.InnerException as EngineException ?? new EngineException(null, e.GetBaseException().Message);
}
