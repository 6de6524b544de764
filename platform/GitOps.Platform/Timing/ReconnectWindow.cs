namespace GitOps.Platform.Timing;

/// <summary>
/// Over how long nodes spread their return after an outage: 15 ms for each of them, so that the control plane takes in a
/// whole fleet, and five seconds at least, which a single node never waits longer than. The control plane says it with
/// every answer; a node that has not heard yet takes the shortest.
/// </summary>
public static class ReconnectWindow
{
    /// <summary>The header of every answer to a node, in milliseconds.</summary>
    public const string Header = "Gitops-Reconnect-Ms";

    /// <summary>Whatever a server says, a node comes back within this.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    public static readonly TimeSpan Shortest = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan PerNode = TimeSpan.FromMilliseconds(15);

    public static TimeSpan For(int nodes) => Within(PerNode * nodes);

    public static TimeSpan Within(TimeSpan window) => window < Shortest ? Shortest : window > Longest ? Longest : window;
}
