namespace GitOps.Agent.TimeSync;

/// <summary>Where chronyd's files are on this machine.</summary>
/// <param name="ConfigPath">The file chronyd is started with. The agent owns it.</param>
/// <param name="SourcesDirectory">Holds the servers; the agent's own, so that nobody else's servers come in.</param>
public sealed record ChronyLayout(string ConfigPath, string SourcesDirectory)
{
    /// <summary>As Debian's package has it, run by systemd.</summary>
    public static ChronyLayout Debian { get; } = new("/etc/chrony/chrony.conf", "/etc/chrony/gitops.d");

    /// <summary>Set where the agent runs chronyd itself: its socket, its pid file and its drift file are here.</summary>
    public string? RunDirectory { get; init; }

    public string SourcesPath => $"{SourcesDirectory}/gitops.sources";

    public string AuthoritiesPath => $"{SourcesDirectory}/nts-authorities.pem";

    /// <summary>The configuration that was there before ours.</summary>
    public string OriginalPath => $"{ConfigPath}.before-gitops";

    public string? SocketPath => RunDirectory is null ? null : $"{RunDirectory}/chronyd.sock";
}
