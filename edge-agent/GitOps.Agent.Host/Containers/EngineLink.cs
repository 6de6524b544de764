using System.Net.Sockets;
using GitOps.Platform.Processes;
using GitOps.Platform.Timing;

namespace GitOps.Agent.Host.Containers;

/// <summary>Which engine this node has: <c>containerEngine</c> of agent.json.</summary>
/// <param name="Sockets">Tried in this order.</param>
/// <param name="Podman">The program that is started by need when no socket answers; null: none is.</param>
internal sealed record EngineChoice(IReadOnlyList<string> Sockets, string? Podman)
{
    private static readonly string[] Known = ["/run/podman/podman.sock", "/run/docker.sock", "/var/run/docker.sock"];

    public static EngineChoice None { get; } = new([], null);

    public bool IsNone => Sockets.Count == 0 && Podman is null;

    /// <param name="setting"><c>none</c>, <c>detect</c>, <c>podman</c>, or the path of a socket.</param>
    /// <returns>Null when it is none of these.</returns>
    public static EngineChoice? Parse(string setting) => setting switch
    {
        "none" => None,
        "podman" => new EngineChoice([], "podman"),
        "detect" => ProgramPath.Find("podman", null) is not null ? new EngineChoice([Known[0]], "podman")
            : ProgramPath.Find("dockerd", null) is not null || Known.Any(File.Exists) ? new EngineChoice(Known, null)
            : None,
        ['/', ..] => new EngineChoice([setting], null),
        _ => null,
    };
}

/// <summary>
/// Reaches the engine's socket. Where nobody keeps one, <c>podman system service</c> is started by need and ends by itself
/// when nothing was asked for a while: it takes 40 MB that a small node would rather have.
/// </summary>
/// <param name="ownSocket">Where a service that is started here listens; its folder is there, and closed to others.</param>
internal sealed class EngineLink(EngineChoice choice, string ownSocket, TimeProvider time) : IDisposable
{
    private const string IdleSeconds = "20";
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(20);

    /// <summary>The folder of the socket tells when it is there; this is for the day it does not.</summary>
    private static readonly TimeSpan Recheck = TimeSpan.FromMilliseconds(200);

    private readonly SemaphoreSlim _starting = new(1, 1);

    /// <exception cref="EngineException">Nothing answers.</exception>
    public async Task<Stream> ConnectAsync(CancellationToken cancellationToken)
    {
        foreach (var path in choice.Sockets)
        {
            if (await TryConnectAsync(path, cancellationToken) is { } stream)
            {
                return stream;
            }
        }

        return choice.Podman is { } podman
            ? await ConnectOwnAsync(podman, cancellationToken)
            : throw new EngineException(null, choice.IsNone
                ? "this node has no container engine"
                : $"nothing answers at [{string.Join(", ", choice.Sockets)}]");
    }

    public void Dispose() => _starting.Dispose();

    private async Task<Stream> ConnectOwnAsync(string podman, CancellationToken cancellationToken)
    {
        if (await TryConnectAsync(ownSocket, cancellationToken) is { } running)
        {
            return running;
        }

        await _starting.WaitAsync(cancellationToken);
        try
        {
            return await TryConnectAsync(ownSocket, cancellationToken) ?? await StartAsync(podman, cancellationToken);
        }
        finally
        {
            _starting.Release();
        }
    }

    private async Task<Stream> StartAsync(string podman, CancellationToken cancellationToken)
    {
        var folder = Path.GetDirectoryName(ownSocket)!;
        File.Delete(ownSocket); // one that nobody listens at any more
        var appeared = new Wakeup(time);
        using var watcher = new FileSystemWatcher(folder);
        watcher.Created += (_, _) => appeared.Signal();
        watcher.EnableRaisingEvents = true;
        // Ends with the agent or not, as it comes: what it is asked to do it brings to an end, and idle it ends by itself.
        var service = LongProcess.Start(new Command([podman, "--log-level", "error", "system", "service", "--time", IdleSeconds, $"unix://{ownSocket}"])
        {
            OutputLimitBytes = 4096,
        }) ?? throw new EngineException(null, $"there is no program '{podman}' on this node");
        _ = service.WaitForExitAsync(CancellationToken.None).ContinueWith(_ => service.DisposeAsync().AsTask(), TaskScheduler.Default);
        var begun = time.GetTimestamp();
        while (true)
        {
            if (await TryConnectAsync(ownSocket, cancellationToken) is { } stream)
            {
                return stream;
            }

            if (service.HasExited || time.GetElapsedTime(begun) > StartLimit)
            {
                throw new EngineException(null, $"'{podman} system service' does not serve: {service.Error.Trim()}");
            }

            await appeared.WaitAsync(Recheck, cancellationToken);
        }
    }

    private static async Task<Stream?> TryConnectAsync(string path, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (SocketException)
        {
            socket.Dispose();
            return null;
        }
        catch (OperationCanceledException)
        {
            socket.Dispose();
            throw;
        }
    }
}
