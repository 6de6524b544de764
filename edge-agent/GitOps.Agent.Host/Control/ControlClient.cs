using System.Net.Sockets;
using System.Text.Json;

namespace GitOps.Agent.Host.Control;

/// <summary>Asks the running agent something.</summary>
internal static class ControlClient
{
    private const int LongestAnswer = 16 << 20;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

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
            byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(request, ControlContext.Default.ControlRequest), (byte)'\n'];
            await stream.WriteAsync(line, timer.Token);
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
