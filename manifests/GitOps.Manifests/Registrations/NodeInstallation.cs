using System.Text;
using System.Text.Json.Nodes;

namespace GitOps.Manifests.Registrations;

/// <summary>What a machine needs to become a node: where the control plane is, how to know it, and the token.</summary>
/// <param name="Url">Of the node API, https.</param>
/// <param name="AuthoritySha256">SHA-256 of the fleet authority's certificate (DER), lower-case hex.</param>
public sealed record EnrolmentDirections(Uri Url, string AuthoritySha256, string Token);

/// <summary>
/// Ways to tell a machine on which the agent is installed: a command for a person, user data for cloud-init, and a
/// configuration for Ignition. All hold the token. The machine keeps it in a file of root until it was used, tries until it is
/// heard, and stops when it is refused.
/// </summary>
public static class NodeInstallation
{
    private const string TokenFile = "/var/lib/gitops-enrol/token";
    private const string UnitName = "gitops-agent-enrol.service";
    private const int OwnerOnly = 384; // 0600: Ignition writes modes in decimal

    /// <summary>For a shell of root. Nothing of it is seen among the processes.</summary>
    public static string Command(EnrolmentDirections directions) =>
        $"install -d -m 700 {Path.GetDirectoryName(TokenFile)} && (umask 077 && printf '%s\\n' '{directions.Token}' > {TokenFile}) && " +
        $"{Enrol(directions)} && rm -f {TokenFile} && systemctl restart gitops-agent.service";

    /// <summary>User data for cloud-init.</summary>
    public static string CloudInit(EnrolmentDirections directions) => $$"""
        #cloud-config
        write_files:
          - path: {{TokenFile}}
            permissions: "0600"
            content: |
              {{directions.Token}}
          - path: /etc/systemd/system/{{UnitName}}
            permissions: "0644"
            content: |
        {{Indented(Unit(directions), "      ")}}
        runcmd:
          - [systemctl, daemon-reload]
          - [systemctl, enable, --now, --no-block, {{UnitName}}]

        """;

    /// <summary>A configuration of Ignition (specification 3.4.0).</summary>
    public static string Ignition(EnrolmentDirections directions) => new JsonObject
    {
        ["ignition"] = new JsonObject { ["version"] = "3.4.0" },
        ["storage"] = new JsonObject
        {
            ["directories"] = new JsonArray(new JsonObject { ["path"] = Path.GetDirectoryName(TokenFile), ["mode"] = OwnerOnly | 64 }),
            ["files"] = new JsonArray(new JsonObject
            {
                ["path"] = TokenFile,
                ["mode"] = OwnerOnly,
                ["contents"] = new JsonObject { ["source"] = $"data:,{directions.Token}%0A" },
            }),
        },
        ["systemd"] = new JsonObject
        {
            ["units"] = new JsonArray(new JsonObject { ["name"] = UnitName, ["enabled"] = true, ["contents"] = Unit(directions) }),
        },
    }.ToJsonString();

    private static string Unit(EnrolmentDirections directions) => $"""
        [Unit]
        Description=Makes this machine a node of its fleet
        ConditionPathExists={TokenFile}
        Wants=network-online.target
        After=network-online.target
        StartLimitIntervalSec=0

        [Service]
        Type=oneshot
        ExecStart={Enrol(directions)}
        ExecStartPost=/bin/rm -f {TokenFile}
        ExecStartPost=/bin/systemctl --no-block restart gitops-agent.service
        Restart=on-failure
        RestartSec=30
        # Wrong usage and a refused token do not become right by trying.
        RestartPreventExitStatus=2 5

        [Install]
        WantedBy=multi-user.target

        """;

    private static string Enrol(EnrolmentDirections directions) =>
        $"/usr/bin/gitops-agent enroll --url {directions.Url.AbsoluteUri.TrimEnd('/')} --token-file {TokenFile} --ca-sha256 {directions.AuthoritySha256}";

    private static string Indented(string text, string by)
    {
        var indented = new StringBuilder();
        foreach (var line in text.TrimEnd('\n').Split('\n'))
        {
            indented.Append(line.Length == 0 ? "" : by).Append(line).Append('\n');
        }

        return indented.ToString().TrimEnd('\n');
    }
}
