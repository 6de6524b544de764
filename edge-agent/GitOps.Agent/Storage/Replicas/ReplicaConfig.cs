using System.Globalization;
using System.Net;
using System.Security;
using System.Text;
using GitOps.Agent.Storage.Syncing;

namespace GitOps.Agent.Storage.Replicas;

/// <summary>
/// The whole configuration of Syncthing for one replica, in the format of version 1.19 (https://docs.syncthing.net/users/config.html),
/// which later ones read too. It knows the declared nodes, asks nobody in the world for anything and tells nobody anything.
/// </summary>
public static class ReplicaConfig
{
    /// <summary>Of the one folder, to Syncthing.</summary>
    public const string Folder = "folder";

    private const int Version = 36;

    /// <param name="self">The node, one of the peers.</param>
    /// <param name="socket">Where its REST interface listens.</param>
    /// <param name="key">What callers of it have to know.</param>
    public static string Write(SyncJob job, string self, string socket, string key)
    {
        var group = job.Spec.Remote.Nodes!;
        var xml = new StringBuilder();
        xml.Append(CultureInfo.InvariantCulture, $"<configuration version=\"{Version}\">\n");
        var type = group.Source is not { } source ? "sendreceive" : source == self ? "sendonly" : "receiveonly";
        xml.Append(CultureInfo.InvariantCulture, $"""
            <folder id="{Folder}" path="{Text(job.Folder)}" type="{type}" rescanIntervalS="{Math.Max(60, job.Spec.EveryMs / 1000)}" fsWatcherEnabled="true" fsWatcherDelayS="1">
            {string.Join('\n', group.Peers.Select(peer => $"<device id=\"{peer.Id}\"/>"))}
            <minDiskFree unit="MB">{(job.ReserveBytes / 1_000_000) + 1}</minDiskFree>
            <maxConflicts>-1</maxConflicts>
            <copyOwnershipFromParent>true</copyOwnershipFromParent>
            {(group.KeepReplaced ? $"<versioning type=\"trashcan\"><param key=\"cleanoutDays\" val=\"0\"/><fsPath>{Text(job.Folder)}.replaced</fsPath></versioning>" : "")}
            </folder>

            """);
        foreach (var peer in group.Peers)
        {
            xml.Append(CultureInfo.InvariantCulture, $"<device id=\"{peer.Id}\" name=\"{Text(peer.Node)}\"><address>{Text(Url(peer.Address, group.Port))}</address></device>\n");
        }

        // Rates are in KiB per second, and one of 0 is none at all.
        var rate = job.Spec.Bandwidth is { } bandwidth ? Math.Max(1, bandwidth / 1024) : 0;
        xml.Append(CultureInfo.InvariantCulture, $"""
            <gui enabled="true" tls="false"><address>{Text(socket)}</address><unixSocketPermissions>0600</unixSocketPermissions><apikey>{Text(key)}</apikey></gui>
            <options>
            <listenAddress>{Text(Listen(group.Peers.First(peer => peer.Node == self).Address, group.Port))}</listenAddress>
            <maxSendKbps>{rate}</maxSendKbps><maxRecvKbps>{rate}</maxRecvKbps><limitBandwidthInLan>true</limitBandwidthInLan>
            <globalAnnounceEnabled>false</globalAnnounceEnabled><localAnnounceEnabled>false</localAnnounceEnabled>
            <relaysEnabled>false</relaysEnabled><natEnabled>false</natEnabled><announceLANAddresses>false</announceLANAddresses>
            <urAccepted>-1</urAccepted><crashReportingEnabled>false</crashReportingEnabled><autoUpgradeIntervalH>0</autoUpgradeIntervalH>
            <startBrowser>false</startBrowser><reconnectionIntervalS>5</reconnectionIntervalS>
            </options>
            </configuration>

            """);
        return xml.ToString();
    }

    /// <summary>At an address it listens there only: never towards the cloud where that is another card.</summary>
    private static string Listen(string address, int port) =>
        IPAddress.TryParse(address, out _) ? Url(address, port) : string.Create(CultureInfo.InvariantCulture, $"tcp://:{port}");

    private static string Url(string address, int port) =>
        string.Create(CultureInfo.InvariantCulture, $"tcp://{(address.Contains(':', StringComparison.Ordinal) ? $"[{address}]" : address)}:{port}");

    private static string Text(string text) => SecurityElement.Escape(text);
}
