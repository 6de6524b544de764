using System.Net.Sockets;
using System.Text.Json;

namespace GitOps.Benchmarks.Agent;

/// <summary>Asks a running agent over its local socket, without a program of its own for each question.</summary>
internal static class AgentSocket
{
    /// <summary>Null while no agent answers.</summary>
    public static async Task<JsonDocument?> AskAsync(string socketPath, string question, CancellationToken cancellationToken)
    {
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), cancellationToken);
            await using var stream = new NetworkStream(socket);
            await stream.WriteAsync(System.Text.Encoding.UTF8.GetBytes($"{{\"ask\":\"{question}\"}}\n"), cancellationToken);
            using var answer = new MemoryStream();
            await stream.CopyToAsync(answer, cancellationToken);
            return answer.Length == 0 ? null : JsonDocument.Parse(answer.ToArray());
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            return null;
        }
    }

    /// <summary>Whether it has looked at all its units, each is as desired, and nothing is to be done.</summary>
    public static async Task<bool> IsPlanEmptyAsync(string socketPath, CancellationToken cancellationToken)
    {
        using var status = await AskAsync(socketPath, "status", cancellationToken);
        if (status is null || !status.RootElement.TryGetProperty("report", out var report) || report.GetProperty("phase").GetString() != "converged")
        {
            return false;
        }

        using var plan = await AskAsync(socketPath, "plan", cancellationToken);
        return plan is not null && plan.RootElement.GetProperty("branches").GetArrayLength() == 0;
    }
}
