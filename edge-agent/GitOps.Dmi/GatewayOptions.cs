using System.Globalization;

namespace GitOps.Dmi;

/// <summary>How the program was called.</summary>
/// <param name="Listen">Where mappers look for the node.</param>
/// <param name="Control">Where the agent speaks to this program; in a folder that is closed to others.</param>
/// <param name="State">Where it is kept which mapper was told what.</param>
internal sealed record GatewayOptions(string Listen, string Control, string State)
{
    public const string DefaultListen = "/etc/kubeedge/dmi.sock";

    public const string Usage = """
        gitops-dmi --control SOCKET --state FOLDER [--listen SOCKET] [--idle SECONDS] [--revive SECONDS]
        Serves KubeEdge mappers for the agent of this node, which starts it by need.
          --control SOCKET   where the agent asks; its folder must be closed to others
          --state FOLDER     keeps which mapper was told what
          --listen SOCKET    where mappers register (default /etc/kubeedge/dmi.sock)
          --idle SECONDS     ends when no agent asked for that long (default 0: never)
          --revive SECONDS   a device that its mapper says nothing of is given to it again after this (default 60)
        """;

    public TimeSpan? Idle { get; init; }

    public TimeSpan Revive { get; init; } = TimeSpan.FromSeconds(60);

    public static GatewayOptions? Parse(string[] args)
    {
        var given = new Dictionary<string, string>(StringComparer.Ordinal) { ["--listen"] = DefaultListen, ["--idle"] = "0", ["--revive"] = "60" };
        for (var i = 0; i + 1 < args.Length; i += 2)
        {
            given[args[i]] = args[i + 1];
        }

        return args.Length % 2 == 0 && given.Remove("--listen", out var listen) && given.Remove("--control", out var control) && given.Remove("--state", out var state) &&
               given.Remove("--idle", out var idle) && Seconds(idle) is { } idleFor && given.Remove("--revive", out var revive) && Seconds(revive) is { } reviveAfter &&
               given.Count == 0 && listen.StartsWith('/') && control.StartsWith('/') && state.StartsWith('/')
            ? new GatewayOptions(listen, control, state.TrimEnd('/')) { Idle = idleFor == TimeSpan.Zero ? null : idleFor, Revive = reviveAfter }
            : null;
    }

    private static TimeSpan? Seconds(string text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && seconds <= 1_000_000 ? TimeSpan.FromSeconds(seconds) : null;
}
