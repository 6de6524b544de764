using System.Net.Sockets;
using GitOps.Platform.Processes;
using Xunit;

namespace GitOps.TestKit.Net;

/// <summary>
/// A program of a test's own that listens on a free loopback port. Stopping and starting it again keeps its port and what it
/// keeps in <see cref="Directory"/>.
/// </summary>
public abstract class LoopbackServer : IAsyncDisposable
{
    private LongProcess? _process;

    public int Port { get; } = FreePort.Next();

    /// <summary>What it wrote to standard error.</summary>
    public string Log => _process?.Error ?? "";

    protected TempDirectory Directory { get; } = new();

    protected abstract Command Command { get; }

    /// <summary>Starts it, also again after <see cref="StopAsync"/>, and waits until it accepts connections.</summary>
    public async Task StartAgainAsync(CancellationToken cancellationToken)
    {
        _process = LongProcess.Start(Command);
        await Eventually.BecomesTrue(AcceptsAsync, TimeSpan.FromSeconds(30), cancellationToken);
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
        Directory.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Starts a new one; when that fails, nothing is left of it.</summary>
    protected static async Task<T> StartAsync<T>(T server, CancellationToken cancellationToken)
        where T : LoopbackServer
    {
        try
        {
            await server.StartAgainAsync(cancellationToken);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    private async Task<bool> AcceptsAsync()
    {
        Assert.False(_process!.HasExited, $"{Command.Arguments[0]} ended: {Log}");
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
