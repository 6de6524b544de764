using GitOps.Infra.Cloud.ClusterApi;
using Pulumi;
using Kubernetes = Pulumi.Kubernetes;

namespace GitOps.Infra.Cloud;

internal sealed class TargetClusterArgs : ResourceArgs
{
    [Input("kubeconfig", required: true)]
    public required Input<string> Kubeconfig { get; init; }
}

/// <summary>
/// The cluster everything else goes to: one that is there, or one that Cluster API makes in a management cluster. A cluster that
/// was made is never deleted with the stack's settings: it is protected.
/// </summary>
internal sealed class TargetCluster : ComponentResource
{
    public TargetCluster(string name, TargetClusterArgs args, ClusterSettings settings)
        : base("gitops:cloud:TargetCluster", name, args)
    {
        var child = new CustomResourceOptions { Parent = this };
        if (settings.Source is ClusterSource.Adopt)
        {
            Kubeconfig = Output.CreateSecret(args.Kubeconfig.ToOutput());
        }
        else
        {
            var management = new Kubernetes.Provider(
                "management", new Kubernetes.ProviderArgs { KubeConfig = args.Kubeconfig, EnableServerSideApply = true }, child);
            var made = new WorkloadCluster(
                settings.Name, settings, new ComponentResourceOptions { Parent = this, Providers = { management }, Protect = true });
            Kubeconfig = made.Kubeconfig;
        }

        Provider = new Kubernetes.Provider(
            "cluster", new Kubernetes.ProviderArgs { KubeConfig = Kubeconfig, EnableServerSideApply = true }, child);
        RegisterOutputs(new Dictionary<string, object?> { ["kubeconfig"] = Kubeconfig });
    }

    [Output("kubeconfig")]
    public Output<string> Kubeconfig { get; private set; }

    public Kubernetes.Provider Provider { get; }
}
