using System.Globalization;
using System.Net;
using System.Net.Sockets;
using GitOps.Platform.Processes;
using GitOps.TestKit.Net;

namespace GitOps.Benchmarks.Storage;

/// <summary>rclone's WebDAV server over a directory, as a process of its own, without a login.</summary>
/// <param name="root">What it serves.</param>
internal sealed class DavServer(string root) : IAsyncDisposable
{
    private LongProcess? _process;

    public string Root => root;

    public int Port { get; } = FreePort.Next();

    /// <summary>Starts it, or starts it again: it does not see what changes below its root while it runs.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await DisposeAsync();
        _process = LongProcess.Start(new Command(["rclone", "--config", "", "serve", "webdav", "--addr", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port}"), root]))!;
        while (!await AnswersAsync(cancellationToken))
        {
            if (_process.HasExited)
            {
                throw new InvalidOperationException($"rclone does not serve: {_process.Error}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), cancellationToken);
        }
    }

    public ValueTask DisposeAsync() => _process?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async Task<bool> AnswersAsync(CancellationToken cancellationToken)
    {
        using var client = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await client.ConnectAsync(new IPEndPoint(IPAddress.Loopback, Port), cancellationToken);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
