using GitOps.Platform.Processes;

namespace GitOps.Agent.Host.Devices.Mappers;

/// <summary>Who speaks with mappers on this node: <c>mapperGateway</c> of agent.json.</summary>
/// <param name="Socket">Where it is asked.</param>
/// <param name="Start">How it is started when nobody answers there; empty: it is somebody else's business.</param>
internal sealed record GatewayChoice(string Socket, IReadOnlyList<string> Start)
{
    public const string Program = "gitops-dmi";

    /// <summary>It outlives a restart of the agent, and not for long an agent that went.</summary>
    private const string IdleSeconds = "600";

    /// <param name="setting"><c>detect</c>, <c>none</c>, or the path of a socket.</param>
    /// <param name="listen">Where mappers look for the node.</param>
    /// <param name="own">Where one that is started here is asked; its folder is closed to others.</param>
    /// <returns>Null when it is none of these.</returns>
    public static GatewayChoice? Parse(string setting, string listen, string own, string state) => setting switch
    {
        "none" => new GatewayChoice("", []),
        "detect" => new GatewayChoice(own, [Beside() ?? Program, "--control", own, "--state", state, "--listen", listen, "--idle", IdleSeconds]),
        ['/', ..] => new GatewayChoice(setting, []),
        _ => null,
    };

    /// <summary>Installed as one, they lie together.</summary>
    private static string? Beside() => Path.Combine(AppContext.BaseDirectory, Program) is var path && File.Exists(path) ? path : ProgramPath.Find(Program, null);
}
