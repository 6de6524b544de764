using System.Net;
using System.Net.Sockets;
using System.Text;
using GitOps.Platform.Processes;

namespace GitOps.Agent.Host.Devices.Mappers;

/// <summary>What came back: a body, or why there is none, and whether the gateway may have heard what was asked.</summary>
internal sealed record GatewayAnswer(byte[]? Body, string? Why, bool IsSent);

/// <summary>HTTP over the socket of <c>gitops-dmi</c>, which is started where nobody serves it. Thread-safe.</summary>
internal sealed class GatewayWire(GatewayChoice choice, TimeProvider time) : IDisposable
{
    private const int AnswerLimitBytes = 8 << 20;
    private readonly Lock _lock = new();
    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        ConnectCallback = (_, token) => ConnectAsync(choice.Socket, token),
        UseProxy = false,
        AllowAutoRedirect = false,
    })
    {
        BaseAddress = new Uri("http://gitops-dmi/"),
        Timeout = Timeout.InfiniteTimeSpan,
        MaxResponseContentBufferSize = AnswerLimitBytes,
    };

    private LongProcess? _program;

    /// <summary>False where no gateway can ever have run.</summary>
    public bool IsThere => choice.Socket.Length > 0 && (choice.Start is not [var program, ..] || ProgramPath.Find(program, null) is not null);

    public void Dispose() => _http.Dispose();

    /// <summary>Somebody serves the socket, or is started.</summary>
    /// <returns>Why nobody does, or null.</returns>
    public async Task<string?> EnsureAsync(CancellationToken cancellationToken)
    {
        if (choice.Socket.Length == 0)
        {
            return "mappers are switched off on this node: mapperGateway in agent.json";
        }

        try
        {
            await (await ConnectAsync(choice.Socket, cancellationToken)).DisposeAsync();
            return null;
        }
        catch (SocketException)
        {
            return choice.Start.Count == 0 ? $"nobody serves {choice.Socket}" : Start();
        }
    }

    private string Start()
    {
        lock (_lock)
        {
            if (_program is { HasExited: false })
            {
                return $"{GatewayChoice.Program} starts";
            }

            var said = _program?.Error.Trim();
            // It goes on when the agent ends, and is found again at its socket: what mappers do does not depend on the agent.
            _program = LongProcess.Start(new Command([.. choice.Start]) { OutputLimitBytes = 4096 });
            return _program is null ? $"there is no program {GatewayChoice.Program} on this node; install the package of that name"
                : string.IsNullOrEmpty(said) ? $"{GatewayChoice.Program} starts"
                : $"{GatewayChoice.Program} ended: {said}";
        }
    }

    public async Task<GatewayAnswer> SendAsync(HttpMethod method, string path, byte[]? body, TimeSpan limit, CancellationToken cancellationToken)
    {
        using var timer = new CancellationTokenSource(limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
        }

        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseContentRead, either.Token);
            var answer = await response.Content.ReadAsByteArrayAsync(either.Token);
            return response.IsSuccessStatusCode ? new GatewayAnswer(answer, null, IsSent: true)
                : new GatewayAnswer(null, response.StatusCode == HttpStatusCode.ServiceUnavailable ? Encoding.UTF8.GetString(answer)
                    : $"{GatewayChoice.Program} answers {(int)response.StatusCode}", IsSent: true);
        }
        catch (HttpRequestException failure)
        {
            return new GatewayAnswer(null, $"{GatewayChoice.Program} does not answer", IsSent: failure.HttpRequestError != HttpRequestError.ConnectionError);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new GatewayAnswer(null, $"{GatewayChoice.Program} does not answer within {(int)limit.TotalSeconds} s", IsSent: true);
        }
    }

    private static async ValueTask<Stream> ConnectAsync(string path, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
