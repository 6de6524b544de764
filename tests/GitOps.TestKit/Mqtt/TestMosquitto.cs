using System.Net.Sockets;
using GitOps.Platform.Processes;
using GitOps.TestKit.Net;
using Xunit;

namespace GitOps.TestKit.Mqtt;

/// <summary>
/// A Mosquitto broker of a test's own, on a free loopback port; skips the test where the program is missing. Stopping and
/// starting it again keeps the port.
/// </summary>
public sealed class TestMosquitto : IAsyncDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly string _program = NeedsPackage.OrSkip("mosquitto");
    private readonly string _configPath;
    private LongProcess? _process;

    /// <param name="options">Configuration lines after <c>listener</c>, such as <c>cafile …</c>; default: anonymous, plain.</param>
    private TestMosquitto(IReadOnlyList<string> options)
    {
        _configPath = _directory["mosquitto.conf"];
        File.WriteAllLines(
            _configPath,
            ["user root", "persistence false", "log_dest stderr", "set_tcp_nodelay true", $"listener {Port} 127.0.0.1", .. options]);
    }

    /// <summary>Where it listens.</summary>
    public int Port { get; } = FreePort.Next();

    /// <summary>What it logged.</summary>
    public string Log => _process?.Error ?? "";

    /// <summary>Starts a broker and waits until it accepts connections.</summary>
    public static async Task<TestMosquitto> StartAsync(IReadOnlyList<string>? options, CancellationToken cancellationToken)
    {
        var broker = new TestMosquitto(options ?? ["allow_anonymous true"]);
        try
        {
            await broker.StartAgainAsync(cancellationToken);
            return broker;
        }
        catch
        {
            await broker.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it again after <see cref="StopAsync"/>.</summary>
    public async Task StartAgainAsync(CancellationToken cancellationToken)
    {
        _process = LongProcess.Start(new Command([_program, "-c", _configPath]));
        await Eventually.BecomesTrue(AcceptsAsync, cancellationToken: cancellationToken);
    }

    /// <summary>Kills it.</summary>
    public async Task StopAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
            _process = null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _directory.Dispose();
    }

    private async Task<bool> AcceptsAsync()
    {
        Assert.False(_process!.HasExited, $"mosquitto ended: {Log}");
        try
        {
            using var probe = new TcpClient();
            await probe.ConnectAsync("127.0.0.1", Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
