using System.Net.Sockets;
using System.Text.Json;
using GitOps.Platform.Files;

namespace GitOps.Agent.Host.Control;

/// <summary>
/// Answers the commands of people at the machine, over a unix socket that only the agent's own user (and root) can open.
/// </summary>
internal sealed class ControlServer : IAsyncDisposable
{
    private const UnixFileMode Closed = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const int LongestRequest = 16 * 1024;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);
    private readonly Socket _listener;
    private readonly ControlDesk _desk;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;

    private ControlServer(Socket listener, ControlDesk desk, TimeProvider time)
    {
        (_listener, _desk, _time) = (listener, desk, time);
        _accepting = AcceptAsync();
    }

    public static ControlServer Listen(string path, ControlDesk desk, TimeProvider time)
    {
        DiskFileLayer.Host.EnsureDirectory(FilePath.Parent(path), Closed | UnixFileMode.UserExecute);
        File.Delete(path); // left by an agent that was killed; the lock says that there is no other
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        if (OperatingSystem.IsLinux())
        {
            File.SetUnixFileMode(path, Closed);
        }

        listener.Listen(16);
        return new ControlServer(listener, desk, time);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        List<Task> open = [];
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptAsync(_stop.Token);
                open.RemoveAll(t => t.IsCompleted);
                open.Add(ServeAsync(socket));
            }
        }
        catch (Exception e) when (_stop.IsCancellationRequested && e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(open);
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        await Task.Yield();
        using var timer = new CancellationTokenSource(Limit, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, _stop.Token);
        await using var stream = new NetworkStream(socket, ownsSocket: true);
        try
        {
            switch (await ReadAsync(stream, either.Token))
            {
                case { Ask: ControlRequest.Logs } logs:
                    timer.CancelAfter(Timeout.InfiniteTimeSpan); // whoever follows a log ends it by going away
                    await _desk.WriteLogsAsync(logs, stream, either.Token);
                    break;
                case { Ask: ControlRequest.Import } import:
                    timer.CancelAfter(Timeout.InfiniteTimeSpan); // a slow stick is no silent one
                    await stream.WriteAsync(await _desk.ImportAsync(import, either.Token), either.Token);
                    break;
                case { Ask: ControlRequest.Restore or ControlRequest.Verify or ControlRequest.Snapshots } backup:
                    timer.CancelAfter(Timeout.InfiniteTimeSpan); // a restore takes hours, and ends when whoever asked goes away
                    await _desk.UseBackupAsync(backup, stream, either.Token);
                    break;
                case { } request:
                    await stream.WriteAsync(await _desk.AnswerAsync(request), either.Token);
                    break;
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            // Whoever asked went away.
        }
    }

    private static async Task<ControlRequest?> ReadAsync(NetworkStream stream, CancellationToken cancellationToken)
    {
        var buffer = new byte[LongestRequest];
        var length = 0;
        while (length < buffer.Length && Array.IndexOf(buffer, (byte)'\n', 0, length) < 0)
        {
            var read = await stream.ReadAsync(buffer.AsMemory(length), cancellationToken);
            if (read == 0)
            {
                return null;
            }

            length += read;
        }

        try
        {
            return JsonSerializer.Deserialize(buffer.AsSpan(0, length), ControlContext.Default.ControlRequest);
        }
        catch (JsonException)
        {
            return new ControlRequest("");
        }
    }
}
