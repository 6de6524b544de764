using GitOps.Manifests.Install;
using GitOps.Manifests.Registrations;
using Pulumi;
using Pulumi.Kubernetes.Yaml.V2;
using Pulumi.Kubernetes.Types.Inputs.Yaml.V2;

namespace GitOps.Infra.Cloud;

/// <summary>A cluster, and on it a namespace, the definition of EdgeRegistration and a control plane.</summary>
public sealed class CloudStack : Stack
{
    private const string Definitions = "../../manifests/crds/gitops.edge_edgeregistrations.yaml";

    public CloudStack()
    {
        var config = new Config();
        var settings = SettingsReader.Read<ControlPlaneSettings>(config, "controlPlane");
        var cluster = new TargetCluster(
            "cluster",
            new TargetClusterArgs { Kubeconfig = config.RequireSecret("kubeconfig") },
            SettingsReader.Read<ClusterSettings>(config, "cluster"));
        var onCluster = new ComponentResourceOptions { Providers = { cluster.Provider } };
        var space = new FleetNamespace("namespace", new FleetNamespaceArgs { Name = settings.Namespace }, onCluster);
        var definitions = new ConfigFile("definitions", new ConfigFileArgs { File = Definitions }, new ComponentResourceOptions { Provider = cluster.Provider });
        var controlPlane = new ControlPlane(
            "control-plane",
            new ControlPlaneArgs
            {
                Namespace = space.Name,
                PeopleToken = SecretOf("people"),
                SecretOf = SecretOf,
                GitToken = Optional(config.GetSecret("gitToken")),
                GitSshKey = Optional(config.GetSecret("gitSshKey")),
                GitKnownHosts = config.Get("knownHosts") is { } hosts ? (Input<string>)hosts : null,
                Webhooks = Webhooks(config),
            },
            settings,
            [definitions],
            onCluster);

        Input<string> SecretOf(string purpose) => config.RequireSecret("seed").Apply(seed => TokenSeed.SecretOf(seed, purpose));

        Kubeconfig = cluster.Kubeconfig;
        Namespace = space.Name;
        NodeUrl = Output.Create($"https://{settings.Names[0]}:{ControlPlane.NodePort}");
        PeopleToken = controlPlane.PeopleToken;
    }

    /// <summary>Reaches the cluster the control plane runs on.</summary>
    [Output("kubeconfig")]
    public Output<string> Kubeconfig { get; private set; }

    [Output("namespace")]
    public Output<string> Namespace { get; private set; }

    /// <summary>Where nodes enrol and fetch.</summary>
    [Output("nodeUrl")]
    public Output<string> NodeUrl { get; private set; }

    /// <summary>For <c>gitops --token-file</c>.</summary>
    [Output("peopleToken")]
    public Output<string> PeopleToken { get; private set; }

    private static InputMap<string>? Webhooks(Config config)
    {
        var given = new InputMap<string>();
        var isAny = false;
        foreach (var webhook in WebhookSecret.All)
        {
            if (config.GetSecret(webhook.Setting) is { } secret)
            {
                given.Add(webhook.Key, secret);
                isAny = true;
            }
        }

        return isAny ? given : null;
    }

    private static Input<string>? Optional(Output<string>? value) => value is null ? null : (Input<string>)value;
}
