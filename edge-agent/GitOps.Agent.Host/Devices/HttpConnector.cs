using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using GitOps.Agent.Devices;
using GitOps.Agent.Devices.Http;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Host.Devices;

/// <summary>
/// A device behind HTTP. Properties of one path are read with one request. One connection, no redirects and no proxy: a device
/// is near, and a redirect would carry its headers to somebody else.
/// </summary>
internal sealed class HttpConnector : IDeviceConnector
{
    /// <summary>A longer answer is none.</summary>
    public const int MaxAnswerBytes = 1 << 20;

    private readonly DeviceConnection _connection;
    private readonly Func<EquatableArray<ContentPart>, (byte[]? Bytes, Problem? Missing)> _contents;
    private readonly TimeProvider _time;
    private readonly TimeSpan _timeout;
    private HttpClient? _client;
    private string? _untrusted;

    public HttpConnector(
        DeviceConnection connection, Func<EquatableArray<ContentPart>, (byte[]? Bytes, Problem? Missing)> contents, TimeProvider time)
    {
        (_connection, _contents, _time) = (connection, contents, time);
        _timeout = DeviceEndpoint.Timeout(connection);
    }

    public bool Pushes => false;

    public Action? Changed { get; set; }

    public Task<string?> OpenAsync(CancellationToken cancellationToken)
    {
        if (_client is not null)
        {
            return Task.FromResult<string?>(null);
        }

        var (client, why) = DeviceHttpClient.Create(
            _connection.Url!, _connection.Authority, _connection.Headers, MaxAnswerBytes, _contents, _time, refused => _untrusted = refused);
        _client = client;
        return Task.FromResult(why);
    }

    public async Task<ReadAnswer> ReadAsync(IReadOnlyList<DeviceProperty> properties, CancellationToken cancellationToken)
    {
        if (await OpenAsync(cancellationToken) is { } why)
        {
            return new ReadAnswer.NoAnswer(why);
        }

        List<PropertyAnswer> answers = [];
        foreach (var path in properties.Where(p => p.Http?.Path is not null).GroupBy(p => p.Http!.Path!, StringComparer.Ordinal))
        {
            var (answer, failure) = await SendAsync(HttpMethod.Get, path.Key, null, cancellationToken);
            if (answer is not { } got)
            {
                return new ReadAnswer.NoAnswer(failure!.Why);
            }

            var receivedAt = _time.GetTimestamp();
            answers.AddRange(path.Select(property => got.IsGood
                ? PropertyAnswer.Of(property.Name, HttpCodec.Decode(property, got.Body), receivedAt)
                : new PropertyAnswer(property.Name, null, new ReadFault($"GET {path.Key} is answered with {Name(got.Status)}", IsContent: !got.Passes), receivedAt)));
        }

        return new ReadAnswer.Read(answers.ToEquatableArray());
    }

    public async Task<WriteAnswer> WriteAsync(DeviceProperty property, DeviceValue value, CancellationToken cancellationToken)
    {
        if (property.Http is not { Write: { } write } http || (write.Path ?? http.Path) is not { } path ||
            HttpCodec.Encode(property, value) is not var (body, mediaType))
        {
            return new WriteAnswer.Refused($"{value} cannot be sent as {property.Type}");
        }

        if (await OpenAsync(cancellationToken) is { } why)
        {
            return new WriteAnswer.NotSent(why);
        }

        var content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue(mediaType, "utf-8") } };
        var method = write.Method == HttpWriteMethod.Post ? HttpMethod.Post : HttpMethod.Put;
        return await SendAsync(method, path, content, cancellationToken) switch
        {
            ({ IsGood: true }, _) => new WriteAnswer.Acknowledged(),
            ({ Status: HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable } answer, _) =>
                new WriteAnswer.NotSent($"{method} {path} is answered with {Name(answer.Status)}"),
            ({ Passes: true } answer, _) => new WriteAnswer.Lost($"{method} {path} is answered with {Name(answer.Status)}"),
            ({ } answer, _) => new WriteAnswer.Refused($"{method} {path} is answered with {Name(answer.Status)}"),
            (null, { IsSent: true } failure) => new WriteAnswer.Lost(failure.Why),
            (null, var failure) => new WriteAnswer.NotSent(failure!.Why),
        };
    }

    public ValueTask DisposeAsync()
    {
        _client?.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<(Answer? Answer, Failure? Failure)> SendAsync(
        HttpMethod method, string path, HttpContent? content, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, DeviceHttpClient.Below(_connection.Url!, path)) { Content = content };
        using var limit = new CancellationTokenSource(_timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        _untrusted = null;
        try
        {
            using var response = await _client!.SendAsync(request, HttpCompletionOption.ResponseContentRead, either.Token);
            return (new Answer(response.StatusCode, await response.Content.ReadAsByteArrayAsync(either.Token)), null);
        }
        catch (HttpRequestException failure)
        {
            var isSent = failure.HttpRequestError is not (HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError);
            return (null, new Failure(_untrusted ?? (failure.HttpRequestError == HttpRequestError.ConfigurationLimitExceeded
                ? $"the answer to {method} {path} has more than {MaxAnswerBytes} bytes"
                : $"{method} {path} failed: {failure.HttpRequestError}"), isSent));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (null, new Failure(string.Create(CultureInfo.InvariantCulture, $"no answer to {method} {path} within {_timeout.TotalMilliseconds} ms"), IsSent: true));
        }
    }

    private static string Name(HttpStatusCode status) => string.Create(CultureInfo.InvariantCulture, $"{(int)status} {status}");

    private sealed record Answer(HttpStatusCode Status, byte[] Body)
    {
        public bool IsGood => (int)Status is >= 200 and < 300;

        /// <summary>It may be otherwise soon, without a change in Git.</summary>
        public bool Passes => Status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests || (int)Status >= 500;
    }

    private sealed record Failure(string Why, bool IsSent);
}
