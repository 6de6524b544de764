using Pulumi;
using Pulumi.Kubernetes.Core.V1;
using Pulumi.Kubernetes.Networking.V1;
using Pulumi.Kubernetes.Types.Inputs.Core.V1;
using Pulumi.Kubernetes.Types.Inputs.Meta.V1;
using Pulumi.Kubernetes.Types.Inputs.Networking.V1;

namespace GitOps.Infra.Cloud;

internal sealed class FleetNamespaceArgs : ResourceArgs
{
    [Input("name", required: true)]
    public required Input<string> Name { get; init; }
}

/// <summary>A namespace in which only restricted pods run, and nobody speaks to anybody unless a policy says so.</summary>
internal sealed class FleetNamespace : ComponentResource
{
    public FleetNamespace(string name, FleetNamespaceArgs args, ComponentResourceOptions options)
        : base("gitops:cloud:FleetNamespace", name, args, options)
    {
        var child = new CustomResourceOptions { Parent = this };
        var space = new Namespace(
            name,
            new NamespaceArgs
            {
                Metadata = new ObjectMetaArgs
                {
                    Name = args.Name,
                    Labels =
                    {
                        ["app.kubernetes.io/part-of"] = "gitops",
                        ["pod-security.kubernetes.io/audit"] = "restricted",
                        ["pod-security.kubernetes.io/enforce"] = "restricted",
                        ["pod-security.kubernetes.io/warn"] = "restricted",
                    },
                },
            },
            child);
        Name = space.Metadata.Apply(metadata => metadata.Name);
        _ = new NetworkPolicy(
            $"{name}-default-deny",
            new NetworkPolicyArgs
            {
                Metadata = new ObjectMetaArgs { Name = "default-deny", Namespace = Name, Labels = Labels.OfGitOps },
                Spec = new NetworkPolicySpecArgs { PodSelector = new LabelSelectorArgs(), PolicyTypes = { "Ingress", "Egress" } },
            },
            child);
        RegisterOutputs(new Dictionary<string, object?> { ["name"] = Name });
    }

    [Output("name")]
    public Output<string> Name { get; private set; }
}
