using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using GitOps.Agent.Host.Storage.Syncing;
using GitOps.Agent.Storage.Replicas;
using GitOps.Agent.Storage.Syncing;
using GitOps.Bundles;
using GitOps.Platform.Processes;

namespace GitOps.Agent.Host.Storage.Replicas;

/// <summary>
/// Syncthing for one replica, as a child of the agent. All it is told is in its configuration; its REST interface is on a socket
/// that only the agent's user can open. Disposing kills it: what it keeps holds whenever it ends.
/// </summary>
internal sealed class Syncthing : IAsyncDisposable
{
    public const string Program = "syncthing";
    private const int AnswerLimitBytes = 16 << 20;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly LongProcess _process;
    private readonly Task _reading;
    private readonly HttpClient _http;
    private readonly IReadOnlyDictionary<string, string> _others;
    private string? _warning;

    private Syncthing(LongProcess process, string socket, string key, IReadOnlyDictionary<string, string> others)
    {
        (_process, _others) = (process, others);
        _reading = ReadOutputAsync();
        _http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, token) =>
            {
                var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), token);
                return new NetworkStream(connection, ownsSocket: true);
            },
            UseProxy = false,
            AllowAutoRedirect = false,
        })
        {
            BaseAddress = new Uri("http://syncthing/rest/"),
            Timeout = Limit,
            MaxResponseContentBufferSize = AnswerLimitBytes,
        };
        _http.DefaultRequestHeaders.Add("X-API-Key", key);
    }

    public bool HasExited => _process.HasExited;

    /// <summary>The last thing it complained of; null when of nothing.</summary>
    public string? Warning => _warning;

    /// <summary>Starts it.</summary>
    /// <param name="ended">Told when it has ended.</param>
    /// <returns>Null when it cannot be run.</returns>
    public static Syncthing? Start(string program, SyncFiles files, SyncJob job, string sync, string self, byte[] pem, Action ended)
    {
        var home = files.Home(sync);
        var socket = $"{home}/rest";
        var key = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        foreach (var (name, content) in new[]
        {
            // Each program reads of a file what it looks for.
            ("cert.pem", pem), ("key.pem", pem), ("config.xml", Encoding.UTF8.GetBytes(ReplicaConfig.Write(job, self, socket, key))),
        })
        {
            files.WriteInput(sync, $"{SyncFiles.HomeKind}/{name}", content);
        }

        File.Delete(socket); // one that nobody listens at any more
        var process = LongProcess.Start(new Command([program, "serve", $"--home={home}", "--no-browser", "--no-restart"])
        {
            InheritsEnvironment = false,
            Environment = new Dictionary<string, string?>
            {
                [Rclone.MarkVariable] = files.Mark,
                ["HOME"] = "/nonexistent",
                ["STNOUPGRADE"] = "1",
                ["STMONITORED"] = "yes", // watched by us: no second process that would start it again
            },
            OutputLimitBytes = 4096,
        });
        if (process is null)
        {
            return null;
        }

        _ = process.WaitForExitAsync(CancellationToken.None).ContinueWith(_ => ended(), TaskScheduler.Default);
        return new Syncthing(process, socket, key, job.Spec.Remote.Nodes!.Peers.Where(peer => peer.Node != self).ToDictionary(peer => peer.Id, peer => peer.Node));
    }

    /// <summary>How it is; null while it does not say.</summary>
    public async Task<ReplicaReading?> ReadAsync(CancellationToken cancellationToken)
    {
        if (await AskAsync(HttpMethod.Get, $"db/status?folder={ReplicaConfig.Folder}", cancellationToken) is not { } status ||
            await AskAsync(HttpMethod.Get, "system/connections", cancellationToken) is not { } connections ||
            await AskAsync(HttpMethod.Get, "cluster/pending/devices", cancellationToken) is not { } pending ||
            ReplicaReading.TryParse(status) is not { } reading)
        {
            return null;
        }

        var connected = ReplicaReading.ConnectedIds(connections);
        List<ReplicaNeed> needs = [];
        foreach (var (id, node) in _others.Where(other => connected.Contains(other.Key)))
        {
            var answer = await AskAsync(HttpMethod.Get, $"db/completion?folder={ReplicaConfig.Folder}&device={id}", cancellationToken);
            needs.Add(new ReplicaNeed(node, answer is null ? null : ReplicaReading.Needs(answer)));
        }

        return reading with { Connected = needs.ToEquatableArray(), Strangers = ReplicaReading.StrangersOf(pending) };
    }

    /// <summary>Looks at all files of the folder now, whatever it noticed of them.</summary>
    public Task RescanAsync(CancellationToken cancellationToken) => AskAsync(HttpMethod.Post, $"db/scan?folder={ReplicaConfig.Folder}", cancellationToken);

    /// <summary>What this node, following another, has changed by itself: paths within the folder.</summary>
    public async Task<IReadOnlyList<string>> ChangedAsync(CancellationToken cancellationToken) =>
        await AskAsync(HttpMethod.Get, $"db/localchanged?folder={ReplicaConfig.Folder}&perpage=200000", cancellationToken) is { } changed ? ReplicaReading.ChangedPaths(changed) : [];

    /// <summary>Gives up what this node has changed by itself.</summary>
    public Task RevertAsync(CancellationToken cancellationToken) => AskAsync(HttpMethod.Post, $"db/revert?folder={ReplicaConfig.Folder}", cancellationToken);

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _process.DisposeAsync();
        await _reading;
    }

    /// <returns>Null when it does not answer, or not with what was asked for.</returns>
    private async Task<byte[]?> AskAsync(HttpMethod method, string path, CancellationToken cancellationToken)
    {
        try
        {
            using var request = new HttpRequestMessage(method, path);
            using var answer = await _http.SendAsync(request, cancellationToken);
            return answer.IsSuccessStatusCode ? await answer.Content.ReadAsByteArrayAsync(cancellationToken) : null;
        }
        catch (Exception e) when (e is HttpRequestException or IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
    }

    /// <summary>Its pipe is emptied, and the reason it may end for kept: what begins a line is the time, then how bad it is.</summary>
    private async Task ReadOutputAsync()
    {
        try
        {
            using var output = new StreamReader(_process.Output);
            while (await output.ReadLineAsync() is { } line)
            {
                if (line.IndexOf("WARNING: ", StringComparison.Ordinal) is >= 0 and var at)
                {
                    _warning = line[(at + "WARNING: ".Length)..];
                }
            }
        }
        catch (Exception closed) when (closed is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // It was killed, as intended.
        }
    }
}
