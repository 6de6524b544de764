using GitOps.Manifests.Install;
using Pulumi;

namespace GitOps.Infra.Cloud;

/// <summary>
/// The values of EMQX's chart: one listener, mutual TLS with the fleet's authority, the certificate's name as user and client id, our
/// rules and nothing else. What the chart makes of them and what it ignores is the chart's; the namespace lets only restricted pods in.
/// </summary>
internal static class EmqxValues
{
    private const string Folder = "/run/gitops/broker";
    private const string Listener = "EMQX_LISTENERS__SSL__DEFAULT__";

    /// <summary>Of the image.</summary>
    private const int User = 1000;

    /// <summary>0440 in decimal.</summary>
    private const int ForTheGroup = 288;

    /// <param name="nodeSecret">The Secret with variables that are not for everybody.</param>
    public static InputMap<object> Of(EmqxSettings settings, string nodeSecret) => new()
    {
        ["replicaCount"] = settings.Replicas,
        ["emqxConfig"] = Configuration(),
        ["envFromSecret"] = nodeSecret,
        ["persistence"] = new Dictionary<string, object>
        {
            ["enabled"] = true,
            ["size"] = settings.Storage.Size,
            ["storageClassName"] = settings.Storage.Class ?? "",
        },
        ["resources"] = new Dictionary<string, object>
        {
            ["requests"] = new Dictionary<string, object> { ["cpu"] = settings.Cpu, ["memory"] = settings.Memory },
            ["limits"] = new Dictionary<string, object> { ["memory"] = settings.Memory },
        },
        ["service"] = new Dictionary<string, object> { ["type"] = "ClusterIP" },
        ["podSecurityContext"] = new Dictionary<string, object>
        {
            ["enabled"] = true,
            ["runAsNonRoot"] = true,
            ["runAsUser"] = User,
            ["runAsGroup"] = User,
            ["fsGroup"] = User,
            ["fsGroupChangePolicy"] = "OnRootMismatch",
            ["seccompProfile"] = new Dictionary<string, object> { ["type"] = "RuntimeDefault" },
        },
        ["containerSecurityContext"] = new Dictionary<string, object>
        {
            ["enabled"] = true,
            ["runAsNonRoot"] = true,
            ["runAsUser"] = User,
            ["allowPrivilegeEscalation"] = false,
            ["capabilities"] = new Dictionary<string, object> { ["drop"] = new[] { "ALL" } },
        },
        ["extraVolumes"] = new object[]
        {
            new Dictionary<string, object>
            {
                ["name"] = EmqxFiles.Secret,
                ["secret"] = new Dictionary<string, object> { ["secretName"] = EmqxFiles.Secret, ["defaultMode"] = ForTheGroup },
            },
        },
        ["extraVolumeMounts"] = new object[]
        {
            new Dictionary<string, object> { ["name"] = EmqxFiles.Secret, ["mountPath"] = Folder, ["readOnly"] = true },
            // In place of the rules of the image, which the broker reads from there unasked.
            new Dictionary<string, object>
            {
                ["name"] = EmqxFiles.Secret,
                ["mountPath"] = "/opt/emqx/etc/acl.conf",
                ["subPath"] = EmqxFiles.Access,
                ["readOnly"] = true,
            },
        },
    };

    /// <summary>Texts only: the chart leaves a false out.</summary>
    private static Dictionary<string, object> Configuration() => new()
    {
        ["EMQX_CLUSTER__DISCOVERY_STRATEGY"] = "dns",
        ["EMQX_LISTENERS__TCP__DEFAULT__ENABLE"] = "false",
        ["EMQX_LISTENERS__WS__DEFAULT__ENABLE"] = "false",
        ["EMQX_LISTENERS__WSS__DEFAULT__ENABLE"] = "false",
        [$"{Listener}SSL_OPTIONS__CACERTFILE"] = $"{Folder}/{EmqxFiles.Authority}",
        [$"{Listener}SSL_OPTIONS__CERTFILE"] = $"{Folder}/{EmqxFiles.Certificate}",
        [$"{Listener}SSL_OPTIONS__KEYFILE"] = $"{Folder}/{EmqxFiles.Key}",
        [$"{Listener}SSL_OPTIONS__VERIFY"] = "verify_peer",
        [$"{Listener}SSL_OPTIONS__FAIL_IF_NO_PEER_CERT"] = "true",
        ["EMQX_MQTT__PEER_CERT_AS_USERNAME"] = "cn",
        ["EMQX_MQTT__PEER_CERT_AS_CLIENTID"] = "cn",
        ["EMQX_AUTHORIZATION__NO_MATCH"] = "deny",
        // As for Mosquitto: a node has a hint and some acks under way, the control plane a burst of reports of the whole fleet.
        ["EMQX_MQTT__MAX_MQUEUE_LEN"] = "100000",
        ["EMQX_MQTT__MAX_INFLIGHT"] = "100",
        ["EMQX_TELEMETRY__ENABLE"] = "false",
        // The chart's own is known to everybody; ours comes from the Secret.
        ["EMQX_DASHBOARD__DEFAULT_PASSWORD"] = "",
    };
}
