using System.Net;
using System.Net.Sockets;
using GitOps.Cli.Output;
using GitOps.ControlPlane.Api;
using GitOps.ControlPlane.Git;
using GitOps.ControlPlane.Hosting;
using GitOps.ControlPlane.Identity;
using GitOps.Platform.Files;
using GitOps.Platform.Logging;
using GitOps.Platform.Processes;
using GitOps.Platform.Sockets;
using GitOps.Simulation.Modbus;
using Microsoft.Extensions.Logging;
using Spectre.Console;

namespace GitOps.Cli.Demo;

/// <summary>Everything the demo runs, all on loopback and below one folder: repository, control plane, PLC, clocks, three agents.</summary>
internal sealed class DemoWorld : IAsyncDisposable
{
    public static readonly string[] NodeNames = ["mixer-1", "press-1", "press-2"];

    private readonly ILoggerFactory _loggers;
    private readonly StreamWriter _log;
    private readonly TcpServer _plcServer;
    private HttpClient? _http;

    private DemoWorld(string directory, string agentProgram)
    {
        Directory = directory;
        Commands = new CommandRunner(TimeProvider.System);
        Repository = new DemoRepository(directory, Commands);
        _log = new StreamWriter($"{directory}/control-plane.log") { AutoFlush = true };
        _loggers = LineLoggerProvider.CreateFactory(_log, LogFormat.Logfmt, LogLevel.Information, TimeProvider.System);
        Plc = Boiler.NewPlc(TimeProvider.System, timeConstant: TimeSpan.FromSeconds(5));
        _plcServer = TcpServer.Listen(new IPEndPoint(IPAddress.Loopback, 0), connectionLimit: 16, Plc.ServeAsync);
        Clocks = [new TimeServerHost(TimeProvider.System), new TimeServerHost(TimeProvider.System)];
        Agents = [.. NodeNames.Select(name => new DemoAgent(name, agentProgram, $"{directory}/{name}"))];
        Settings = new ControlPlaneSettings
        {
            Source = new GitSource(Repository.Remote, new GitReference.Branch("main")),
            Poll = TimeSpan.FromSeconds(1),
            DataDirectory = $"{directory}/control-plane",
            NodeEndpoint = new IPEndPoint(IPAddress.Loopback, FreePort()),
            PeopleEndpoint = new IPEndPoint(IPAddress.Loopback, FreePort()),
            Names = ["127.0.0.1", "localhost"],
            Broker = new BrokerSetting.Embedded(new IPEndPoint(IPAddress.Loopback, FreePort())),
        };
    }

    public string Directory { get; }

    public ICommandRunner Commands { get; }

    public DemoRepository Repository { get; }

    public ModbusPlc Plc { get; }

    public IReadOnlyList<TimeServerHost> Clocks { get; }

    public IReadOnlyList<DemoAgent> Agents { get; }

    public ControlPlaneSettings Settings { get; set; }

    /// <summary>Null while the control plane is cut off.</summary>
    public ControlPlaneHost? ControlPlane { get; private set; }

    /// <exception cref="ObjectDisposedException">The control plane is cut off.</exception>
    public ApiClient Api => new(_http ?? throw new ObjectDisposedException(nameof(ControlPlane)), Token);

    public string Token { get; private set; } = "";

    public static DemoWorld Create(string agentProgram)
    {
        var directory = System.IO.Directory.CreateTempSubdirectory("gitops-demo-").FullName;
        return new DemoWorld(directory, agentProgram);
    }

    public async Task StartControlPlaneAsync(CancellationToken cancellationToken)
    {
        ControlPlane = await ControlPlaneHost.StartAsync(Settings, _loggers, TimeProvider.System, cancellationToken);
        Token = PeopleToken.Read(DiskFileLayer.Host, new DataDirectory(Settings.DataDirectory).PeopleToken)!;
        _http = new HttpClient { BaseAddress = ControlPlane.PeopleAddress };
        await ControlPlane.Ready.WaitAsync(TimeSpan.FromSeconds(30), cancellationToken);
    }

    public async Task CutControlPlaneAsync()
    {
        if (ControlPlane is { } running)
        {
            ControlPlane = null;
            _http?.Dispose();
            _http = null;
            await running.DisposeAsync();
        }
    }

    /// <summary>A disk of its own for one node, whose power can be cut; made on first use, null where this machine cannot.</summary>
    public DemoDisk? Disk { get; private set; }

    public async Task MountDiskAsync(string node, CancellationToken cancellationToken) =>
        Disk = await DemoDisk.TryMountAsync($"{Directory}/{node}", $"{Directory}/disk", Commands, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        foreach (var agent in Agents)
        {
            await agent.DisposeAsync();
        }

        await CutControlPlaneAsync();
        Leftovers.KillBelow(Directory);
        if (Disk is { } disk)
        {
            await disk.DisposeAsync();
        }

        foreach (var clock in Clocks)
        {
            await clock.DisposeAsync();
        }

        await _plcServer.DisposeAsync();
        _loggers.Dispose();
        await _log.DisposeAsync();
        try
        {
            System.IO.Directory.Delete(Directory, recursive: true);
        }
        catch (IOException e)
        {
            Terminal.Error.WriteLine($"{Directory} could not be removed: {e.Message}");
        }
    }

    /// <summary>Values of this machine, on top of the example: three nodes share it, so each has its own root.</summary>
    public string Overlay() => string.Join("---\n", Agents.Select(agent => $$"""
        apiVersion: gitops.edge/v1
        kind: NodeGroup
        metadata:
          name: this-machine-{{agent.Name}}
        spec:
          priority: 1000
          selector:
            matchLabels: {gitops.edge/node: {{agent.Name}}}
          values:
            root: {{agent.Root}}
            interval: 0.2
            plc:
              port: {{_plcServer.Endpoint.Port}}
            time:
              - {address: 127.0.0.1, port: {{Clocks[0].Port}}}

        """));

    // Below the range the kernel hands out to clients, so that nobody takes it between choosing and listening.
    private static int FreePort()
    {
        while (true)
        {
            var port = Random.Shared.Next(20_000, 32_000);
            try
            {
                using var probe = new TcpListener(IPAddress.Loopback, port);
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
