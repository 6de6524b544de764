using GitOps.Manifests.Install;
using Pulumi;
using Pulumi.Kubernetes.Core.V1;
using Pulumi.Kubernetes.Helm.V4;
using Pulumi.Kubernetes.Networking.V1;
using Pulumi.Kubernetes.Types.Inputs.Core.V1;
using Pulumi.Kubernetes.Types.Inputs.Helm.V4;
using Pulumi.Kubernetes.Types.Inputs.Meta.V1;
using Pulumi.Kubernetes.Types.Inputs.Networking.V1;

namespace GitOps.Infra.Cloud;

internal sealed class EmqxBrokerArgs : ResourceArgs
{
    [Input("namespace", required: true)]
    public required Input<string> Namespace { get; init; }

    /// <summary>By which its replicas know each other.</summary>
    [Input("cookie", required: true)]
    public required Input<string> Cookie { get; init; }

    /// <summary>Of its dashboard, which nobody is let to but who may forward ports.</summary>
    [Input("dashboardPassword", required: true)]
    public required Input<string> DashboardPassword { get; init; }
}

/// <summary>
/// EMQX as the broker of the fleet. Its pods wait for the Secret <see cref="EmqxFiles.Secret"/>, which <c>gitops broker emqx</c> prints
/// where the fleet's authority is. The chart's own Service has every port of it, so it stays inside, and nodes come by one with MQTT alone.
/// </summary>
internal sealed class EmqxBroker : ComponentResource
{
    /// <summary>Of the chart's objects.</summary>
    public const string Release = "gitops-emqx";

    private const string NodeSecret = "gitops-emqx-node";

    /// <summary>What replicas reach each other by: the distribution of Erlang, and calls beside it.</summary>
    private static readonly int[] Between = [4370, 5369];

    private readonly EmqxBrokerArgs _args;
    private readonly CustomResourceOptions _child;

    public EmqxBroker(string name, EmqxBrokerArgs args, ControlPlaneSettings settings, ComponentResourceOptions options)
        : base("gitops:cloud:EmqxBroker", name, args, options)
    {
        (_args, _child) = (args, new CustomResourceOptions { Parent = this });
        var emqx = settings.Emqx!;
        var secret = new Secret(
            $"{name}-node",
            new SecretArgs
            {
                Metadata = Meta(NodeSecret),
                StringData = { ["EMQX_NODE__COOKIE"] = args.Cookie, ["EMQX_DASHBOARD__DEFAULT_PASSWORD"] = args.DashboardPassword },
            },
            _child);
        _ = new Chart(
            name,
            new ChartArgs
            {
                Name = Release,
                Namespace = args.Namespace,
                Chart = "emqx",
                Version = emqx.Version,
                RepositoryOpts = new RepositoryOptsArgs { Repo = emqx.Repository },
                SkipAwait = true, // the Secret it waits for is made after the control plane's first start
                Values = EmqxValues.Of(emqx, NodeSecret),
            },
            new ComponentResourceOptions { Parent = this, Provider = options.Providers.Single(), DependsOn = { secret } });
        Policy(name);
        Address = Service(name, settings).Spec.Apply(spec => spec.ClusterIP);
        RegisterOutputs(new Dictionary<string, object?> { ["address"] = Address });
    }

    /// <summary>Within the cluster, for the control plane: it need not go out and come back in.</summary>
    [Output("address")]
    public Output<string> Address { get; private set; }

    /// <summary>Its pods, as the chart labels them.</summary>
    public static LabelSelectorArgs Pods => new()
    {
        MatchLabels = { ["app.kubernetes.io/name"] = "emqx", ["app.kubernetes.io/instance"] = Release },
    };

    private Service Service(string name, ControlPlaneSettings settings)
    {
        var spec = new ServiceSpecArgs
        {
            Type = $"{settings.Exposure}",
            Selector = Pods.MatchLabels,
            Ports = { new ServicePortArgs { Name = "mqtt", Port = ControlPlane.MqttPort, TargetPort = "mqttssl" } },
        };
        if (settings.Exposure is NodeExposure.LoadBalancer)
        {
            spec.ExternalTrafficPolicy = "Local";
        }

        var meta = Meta("gitops-broker");
        foreach (var (key, value) in settings.ExposureAnnotations)
        {
            meta.Annotations.Add(key, value);
        }

        return new Service(name, new ServiceArgs { Metadata = meta, Spec = spec }, _child);
    }

    private void Policy(string name) => _ = new NetworkPolicy(
        name,
        new NetworkPolicyArgs
        {
            Metadata = Meta(Release),
            Spec = new NetworkPolicySpecArgs
            {
                PodSelector = Pods,
                PolicyTypes = { "Ingress", "Egress" },
                Ingress =
                {
                    new NetworkPolicyIngressRuleArgs { Ports = { Tcp(ControlPlane.MqttPort) } },
                    new NetworkPolicyIngressRuleArgs { From = { new NetworkPolicyPeerArgs { PodSelector = Pods } }, Ports = Between.Select(Tcp).ToList() },
                },
                Egress =
                {
                    new NetworkPolicyEgressRuleArgs
                    {
                        To =
                        {
                            new NetworkPolicyPeerArgs
                            {
                                NamespaceSelector = new LabelSelectorArgs { MatchLabels = { ["kubernetes.io/metadata.name"] = "kube-system" } },
                            },
                        },
                        Ports = { new NetworkPolicyPortArgs { Port = 53, Protocol = "UDP" }, Tcp(53) },
                    },
                    new NetworkPolicyEgressRuleArgs { To = { new NetworkPolicyPeerArgs { PodSelector = Pods } }, Ports = Between.Select(Tcp).ToList() },
                },
            },
        },
        _child);

    private static NetworkPolicyPortArgs Tcp(int port) => new() { Port = port, Protocol = "TCP" };

    private ObjectMetaArgs Meta(string name) => new() { Name = name, Namespace = _args.Namespace, Labels = Labels.OfGitOps };
}
