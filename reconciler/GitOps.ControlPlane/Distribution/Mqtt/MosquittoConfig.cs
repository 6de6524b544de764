using System.Globalization;
using System.Net;

namespace GitOps.ControlPlane.Distribution.Mqtt;

/// <summary>Where Mosquitto finds its files and listens.</summary>
/// <param name="Authority">The fleet authority's certificate, PEM.</param>
/// <param name="Certificate">A server certificate of that authority, PEM, and its <paramref name="Key"/>.</param>
/// <param name="AccessFile">Where the text of <see cref="MosquittoConfig.RenderAccess"/> lies.</param>
public sealed record MosquittoPlaces(IPEndPoint Endpoint, string Authority, string Certificate, string Key, string AccessFile)
{
    /// <summary>Where the list of revoked certificates lies; null: Mosquitto knows of none.</summary>
    public string? RevocationList { get; init; }

    /// <summary>Whom Mosquitto becomes when root starts it: it then reads its key as that user; null: its own default.</summary>
    public string? User { get; init; }
}

/// <summary>
/// The configuration with which Mosquitto (2.0) is the fleet's broker under the rules of the embedded one: mutual TLS with
/// the fleet's authority, the certificate's name is user and client id, a node uses its own three topics.
/// </summary>
public static class MosquittoConfig
{
    /// <summary>
    /// The control plane's name at an external broker. Not a label, so no node can have it: the access file gives this name
    /// every report.
    /// </summary>
    public const string ControlPlaneName = "gitops.control-plane";

    /// <summary>mosquitto.conf.</summary>
    public static string Render(MosquittoPlaces places) => string.Join('\n',
    [
        "# The broker of a GitOps fleet: docs/contracts.md §12.",
        string.Create(CultureInfo.InvariantCulture, $"listener {places.Endpoint.Port} {places.Endpoint.Address}"),
        $"cafile {places.Authority}",
        $"certfile {places.Certificate}",
        $"keyfile {places.Key}",
        "require_certificate true",
        "use_identity_as_username true",
        "use_username_as_clientid true",
        "allow_anonymous false",
        $"acl_file {places.AccessFile}",
        .. places.RevocationList is { } list ? [$"crlfile {list}"] : Array.Empty<string>(),
        .. places.User is { } user ? [$"user {user}"] : Array.Empty<string>(),
        "# Bounds: a node has a hint and some acks under way, the control plane a burst of reports of the whole fleet.",
        "max_queued_messages 100000",
        "max_inflight_messages 100",
        string.Create(CultureInfo.InvariantCulture, $"message_size_limit {Bundles.Reports.NodeReport.MaxBytes}"),
        "set_tcp_nodelay true",
        string.Empty,
    ]);

    /// <summary>The access control list of a fleet.</summary>
    /// <param name="fleet">The fleet's uid.</param>
    public static string RenderAccess(string fleet)
    {
        var rules = BrokerAccess.Rules(fleet, "%u").ToLookup(rule => rule.OfControlPlane);
        return string.Join('\n',
        [
            $"user {ControlPlaneName}",
            .. rules[true].Select(rule => $"topic {Verb(rule)} {rule.Topic}"),
            string.Empty,
            "# Every node, by its certificate's name.",
            .. rules[false].Select(rule => $"pattern {Verb(rule)} {rule.Topic}"),
            string.Empty,
        ]);

        static string Verb(AccessRule rule) => rule.Reads ? "read" : "write";
    }
}
