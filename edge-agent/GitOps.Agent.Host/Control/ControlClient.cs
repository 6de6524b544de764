using System.Net.Sockets;
using System.Text.Json;

namespace GitOps.Agent.Host.Control;

/// <summary>Asks the running agent something.</summary>
internal static class ControlClient
{
    private const int LongestAnswer = 16 << 20;
    private const int LongestLine = 16 * 1024;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>Asks for something whose answer is a line and then a stream, and copies the stream.</summary>
    /// <returns>The line; null when no agent answers there.</returns>
    public static async Task<ControlAnswer?> CopyAsync(string socketPath, ControlRequest request, Stream to, CancellationToken cancellationToken)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        ControlAnswer? answer = null;
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), cancellationToken);
            await using var stream = new NetworkStream(socket);
            await stream.WriteAsync(ToLine(request), cancellationToken);
            answer = await ReadLineAsync(stream, cancellationToken);
            if (answer is { Ok: true })
            {
                await stream.CopyToAsync(to, cancellationToken);
            }
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            // The agent is not there, or ended while it was copied from.
        }

        return answer;
    }

    /// <summary>Asks for something that takes long and says how it goes.</summary>
    /// <returns>The last answer; null when no agent answers there, or it ended meanwhile.</returns>
    public static async Task<ControlAnswer?> FollowAsync(string socketPath, ControlRequest request, Action<string> said, CancellationToken cancellationToken)
    {
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), cancellationToken);
            await using var stream = new NetworkStream(socket);
            await stream.WriteAsync(ToLine(request), cancellationToken);
            using var reader = new StreamReader(stream);
            while (await reader.ReadLineAsync(cancellationToken) is { } line)
            {
                var answer = JsonSerializer.Deserialize(line, ControlContext.Default.ControlAnswer);
                if (answer?.More != true)
                {
                    return answer;
                }

                said(answer.Message);
            }
        }
        catch (Exception e) when (e is SocketException or IOException or JsonException)
        {
            // The agent is not there, or ended.
        }

        return null;
    }

    private static byte[] ToLine(ControlRequest request) =>
        [.. JsonSerializer.SerializeToUtf8Bytes(request, ControlContext.Default.ControlRequest), (byte)'\n'];

    /// <summary>One byte at a time: what follows the line belongs to somebody else.</summary>
    private static async Task<ControlAnswer?> ReadLineAsync(NetworkStream stream, CancellationToken cancellationToken)
    {
        List<byte> line = [];
        var one = new byte[1];
        while (line.Count < LongestLine && await stream.ReadAsync(one, cancellationToken) > 0 && one[0] != (byte)'\n')
        {
            line.Add(one[0]);
        }

        return line.Count == 0 ? null : JsonSerializer.Deserialize([.. line], ControlContext.Default.ControlAnswer);
    }

    /// <returns>The answer, or null when no agent answers there.</returns>
    public static async Task<byte[]?> AskAsync(string socketPath, ControlRequest request, CancellationToken cancellationToken)
    {
        using var timer = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timer.CancelAfter(Limit);
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), timer.Token);
            await using var stream = new NetworkStream(socket);
            await stream.WriteAsync(ToLine(request), timer.Token);
            using var answer = new MemoryStream();
            var buffer = new byte[32 * 1024];
            int length;
            while ((length = await stream.ReadAsync(buffer, timer.Token)) > 0 && answer.Length < LongestAnswer)
            {
                answer.Write(buffer, 0, length);
            }

            return answer.Length == 0 ? null : answer.ToArray();
        }
        catch (Exception e) when (e is SocketException or IOException ||
            (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
    }
}
