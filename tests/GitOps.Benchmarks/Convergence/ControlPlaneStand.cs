using System.Net;
using System.Net.Sockets;
using GitOps.Benchmarks.Fleets;
using GitOps.ControlPlane.Api;
using GitOps.ControlPlane.Git;
using GitOps.ControlPlane.Hosting;
using GitOps.ControlPlane.Identity;
using GitOps.Platform.Files;
using Microsoft.Extensions.Logging;

namespace GitOps.Benchmarks.Convergence;

/// <summary>A whole control plane in this process with its embedded broker. It can go away and come back where it was.</summary>
internal sealed class ControlPlaneStand : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);
    private readonly ILoggerFactory _logs;
    private ControlPlaneHost? _host;
    private HttpClient? _http;

    private ControlPlaneStand(ControlPlaneSettings settings, ILoggerFactory logs) => (Settings, _logs) = (settings, logs);

    public ControlPlaneSettings Settings { get; }

    public Uri NodeAddress => _host!.NodeAddress!;

    public ApiClient Api { get; private set; } = null!;

    /// <param name="address">Where nodes reach it.</param>
    public static async Task<ControlPlaneStand> StartAsync(
        BenchRepository repository, string directory, IPAddress address, ILoggerFactory logs, CancellationToken cancellationToken)
    {
        var settings = new ControlPlaneSettings
        {
            Source = new GitSource(repository.Address, new GitReference.Branch("main")),
            DataDirectory = $"{directory}/control-plane",
            NodeEndpoint = new IPEndPoint(address, FreePort(address)),
            PeopleEndpoint = new IPEndPoint(IPAddress.Loopback, 0),
            Names = [address.ToString()],
            Broker = new BrokerSetting.Embedded(new IPEndPoint(address, FreePort(address))),
        };
        var stand = new ControlPlaneStand(settings, logs);
        await stand.StartAsync(cancellationToken);
        return stand;
    }

    /// <summary>Returns when nodes are served.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _host = await ControlPlaneHost.StartAsync(Settings, _logs, TimeProvider.System, cancellationToken);
        await _host.Ready.WaitAsync(Limit, cancellationToken);
        var token = PeopleToken.Read(DiskFileLayer.Host, new DataDirectory(Settings.DataDirectory).PeopleToken)!;
        _http = new HttpClient { BaseAddress = _host.PeopleAddress, Timeout = Timeout.InfiniteTimeSpan };
        Api = new ApiClient(_http, token);
    }

    /// <summary>As when its process is stopped: nobody listens where it was.</summary>
    public async Task StopAsync()
    {
        if (_host is { } host)
        {
            _host = null;
            _http?.Dispose();
            await host.DisposeAsync();
        }
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    /// <summary>Below the range the kernel hands out to clients.</summary>
    private static int FreePort(IPAddress address)
    {
        while (true)
        {
            var port = Random.Shared.Next(20_000, 32_000);
            try
            {
                using var probe = new TcpListener(address, port);
                probe.Start();
                return port;
            }
            catch (SocketException)
            {
                // Taken; another one.
            }
        }
    }
}
