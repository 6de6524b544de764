using GitOps.Manifests.Install;
using Pulumi;
using Pulumi.Kubernetes.Core.V1;
using Pulumi.Kubernetes.Networking.V1;
using Pulumi.Kubernetes.Types.Inputs.Core.V1;
using Pulumi.Kubernetes.Types.Inputs.Meta.V1;
using Pulumi.Kubernetes.Types.Inputs.Networking.V1;

namespace GitOps.Infra.Cloud;

internal sealed class ControlPlaneNetworkArgs : ResourceArgs
{
    [Input("namespace", required: true)]
    public required Input<string> Namespace { get; init; }
}

/// <summary>
/// The ways to the control plane and from it. Nodes come with certificates of the fleet's own authority, so their TLS ends in the
/// control plane: they get a balancer of connections, whereas people, who bring a token, may come through an Ingress.
/// </summary>
internal sealed class ControlPlaneNetwork : ComponentResource
{
    private readonly ControlPlaneNetworkArgs _args;
    private readonly CustomResourceOptions _child;

    public ControlPlaneNetwork(string name, ControlPlaneNetworkArgs args, ControlPlaneSettings settings, ComponentResourceOptions options)
        : base("gitops:cloud:ControlPlaneNetwork", name, args, options)
    {
        (_args, _child) = (args, new CustomResourceOptions { Parent = this });
        Services(name, settings);
        Policy(name, settings);
        if (settings.People is { } people)
        {
            Ingress(name, people);
        }

        RegisterOutputs();
    }

    private void Services(string name, ControlPlaneSettings settings)
    {
        _ = new Service(
            name,
            new ServiceArgs
            {
                Metadata = Meta(ControlPlane.Name),
                Spec = new ServiceSpecArgs
                {
                    ClusterIP = "None",
                    PublishNotReadyAddresses = true,
                    Selector = Labels.Selector,
                    Ports = { Port("nodes", ControlPlane.NodePort) },
                },
            },
            _child);
        var exposed = new ServiceSpecArgs
        {
            Type = $"{settings.Exposure}",
            Selector = Labels.Selector,
            Ports = { Port("nodes", ControlPlane.NodePort) },
        };
        if (settings.Exposure is NodeExposure.LoadBalancer)
        {
            exposed.ExternalTrafficPolicy = "Local"; // the addresses of nodes stay visible, for limits of rate
        }

        if (settings.HasBrokerInPod)
        {
            exposed.Ports.Add(Port("mqtt", ControlPlane.MqttPort));
        }

        var meta = Meta("gitops-nodes");
        foreach (var (key, value) in settings.ExposureAnnotations)
        {
            meta.Annotations.Add(key, value);
        }

        _ = new Service($"{name}-nodes", new ServiceArgs { Metadata = meta, Spec = exposed }, _child);
        _ = new Service(
            $"{name}-people",
            new ServiceArgs
            {
                Metadata = Meta("gitops-people"),
                Spec = new ServiceSpecArgs
                {
                    Type = "ClusterIP",
                    PublishNotReadyAddresses = true, // people see why nodes are not served yet
                    Selector = Labels.Selector,
                    Ports = { new ServicePortArgs { Name = "people", Port = 80, TargetPort = "people" } },
                },
            },
            _child);
    }

    private void Policy(string name, ControlPlaneSettings settings)
    {
        var outside = new NetworkPolicyEgressRuleArgs
        {
            // The API server and the repository; never the metadata of a cloud's machine.
            To = { new NetworkPolicyPeerArgs { IpBlock = new IPBlockArgs { Cidr = "0.0.0.0/0", Except = { "169.254.0.0/16" } } } },
            Ports = settings.File.EgressPorts.Select(Tcp).ToList(),
        };
        if (settings.Broker is BrokerKind.External)
        {
            outside.Ports.Add(Tcp(new Uri(settings.BrokerUrl!).Port is > 0 and var port ? port : ControlPlane.MqttPort));
        }

        List<NetworkPolicyEgressRuleArgs> ways = [outside];
        if (settings.Broker is BrokerKind.Emqx)
        {
            ways.Add(new() { To = { new NetworkPolicyPeerArgs { PodSelector = EmqxBroker.Pods } }, Ports = { Tcp(ControlPlane.MqttPort) } });
        }

        _ = new NetworkPolicy(
            name,
            new NetworkPolicyArgs
            {
                Metadata = Meta(ControlPlane.Name),
                Spec = new NetworkPolicySpecArgs
                {
                    PodSelector = new LabelSelectorArgs { MatchLabels = Labels.Selector },
                    PolicyTypes = { "Ingress", "Egress" },
                    Ingress =
                    {
                        new NetworkPolicyIngressRuleArgs { Ports = settings.HasBrokerInPod ? [Named("nodes"), Named("mqtt")] : [Named("nodes")] },
                        new NetworkPolicyIngressRuleArgs
                        {
                            From = { Peer(settings.People?.IngressNamespace ?? "ingress-nginx") },
                            Ports = { Named("people") },
                        },
                    },
                    Egress = (List<NetworkPolicyEgressRuleArgs>)
                    [
                        new()
                        {
                            To = { Peer("kube-system") },
                            Ports = { new NetworkPolicyPortArgs { Port = 53, Protocol = "UDP" }, Tcp(53) },
                        },
                        .. ways,
                    ],
                },
            },
            _child);
    }

    private void Ingress(string name, PeopleSettings people)
    {
        var meta = Meta("gitops-people");
        if (people.Issuer is { } issuer)
        {
            meta.Annotations.Add("cert-manager.io/cluster-issuer", issuer);
        }

        _ = new Ingress(
            name,
            new IngressArgs
            {
                Metadata = meta,
                Spec = new IngressSpecArgs
                {
                    IngressClassName = people.IngressClass,
                    Tls = { new IngressTLSArgs { Hosts = { people.Host }, SecretName = people.TlsSecret } },
                    Rules =
                    {
                        new IngressRuleArgs
                        {
                            Host = people.Host,
                            Http = new HTTPIngressRuleValueArgs
                            {
                                Paths =
                                {
                                    new HTTPIngressPathArgs
                                    {
                                        Path = "/",
                                        PathType = "Prefix",
                                        Backend = new IngressBackendArgs
                                        {
                                            Service = new IngressServiceBackendArgs
                                            {
                                                Name = "gitops-people",
                                                Port = new ServiceBackendPortArgs { Name = "people" },
                                            },
                                        },
                                    },
                                },
                            },
                        },
                    },
                },
            },
            _child);
    }

    private static ServicePortArgs Port(string name, int port) => new() { Name = name, Port = port, TargetPort = name };

    private static NetworkPolicyPortArgs Named(string port) => new() { Port = port, Protocol = "TCP" };

    private static NetworkPolicyPortArgs Tcp(int port) => new() { Port = port, Protocol = "TCP" };

    private static NetworkPolicyPeerArgs Peer(string space) => new()
    {
        NamespaceSelector = new LabelSelectorArgs { MatchLabels = { ["kubernetes.io/metadata.name"] = space } },
    };

    private ObjectMetaArgs Meta(string name) => new() { Name = name, Namespace = _args.Namespace, Labels = Labels.OfControlPlane };
}
