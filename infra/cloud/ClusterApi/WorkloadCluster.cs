using System.Text;
using Pulumi;
using Pulumi.Kubernetes.Core.V1;
using Pulumi.Kubernetes.Types.Inputs.Meta.V1;

namespace GitOps.Infra.Cloud.ClusterApi;

/// <summary>
/// A cluster of machines as objects of Cluster API (v1beta2) in a management cluster. What differs between providers is the kind
/// of the cluster's and the machines' templates (<see cref="Infrastructure"/>). It comes without a network of pods.
/// </summary>
internal sealed class WorkloadCluster : ComponentResource
{
    private readonly string _name;
    private readonly ClusterSettings _settings;
    private readonly CustomResourceOptions _child;

    public WorkloadCluster(string name, ClusterSettings settings, ComponentResourceOptions options)
        : base("gitops:cloud:WorkloadCluster", name, options)
    {
        (_name, _settings, _child) = (name, settings, new CustomResourceOptions { Parent = this });
        var infrastructure = Infrastructure.Of(settings);
        Custom(infrastructure.Cluster, name, infrastructure.ClusterSpec());
        Custom(infrastructure.MachineTemplate, $"{name}-control-plane", infrastructure.ControlPlaneMachine());
        Custom(infrastructure.MachineTemplate, $"{name}-workers", infrastructure.WorkerMachine());
        var bootstrap = Custom(ClusterKinds.KubeadmConfigTemplate, $"{name}-workers", Objects.Workers(infrastructure));
        var controlPlane = Custom(ClusterKinds.KubeadmControlPlane, name, Objects.ControlPlane(settings, infrastructure));
        var cluster = Custom(ClusterKinds.Cluster, name, Objects.Cluster(settings, infrastructure), [controlPlane], waitFor: "condition=ControlPlaneInitialized");
        Custom(ClusterKinds.MachineDeployment, $"{name}-workers", Objects.Machines(settings, infrastructure), [bootstrap]);

        // Cluster API writes it when the control plane is there. The first preview shows it as if it were made: its id is not known
        // then, and the SDK registers what it cannot read. An `up` reads.
        var secret = Secret.Get(
            $"{name}-kubeconfig",
            Output.Tuple(cluster.Id, cluster.Metadata).Apply(_ => $"{settings.Namespace}/{name}-kubeconfig"),
            new CustomResourceOptions { Parent = this, AdditionalSecretOutputs = { "data", "stringData" } });
        Kubeconfig = Output.CreateSecret(secret.Data.Apply(data => data is not null && data.TryGetValue("value", out var encoded)
            ? Encoding.UTF8.GetString(Convert.FromBase64String(encoded))
            // An empty one would mean whatever cluster this machine points to.
            : throw new RunException($"Cluster API has not written the Secret {settings.Namespace}/{name}-kubeconfig yet; run 'pulumi up' again")));
        RegisterOutputs(new Dictionary<string, object?> { ["kubeconfig"] = Kubeconfig });
    }

    [Output("kubeconfig")]
    public Output<string> Kubeconfig { get; private set; }

    private ClusterObject Custom(
        ClusterKind kind, string name, InputMap<object> spec, IEnumerable<Resource>? after = null, string? waitFor = null)
    {
        var meta = new ObjectMetaArgs
        {
            Name = name,
            Namespace = _settings.Namespace,
            Labels = { ["cluster.x-k8s.io/cluster-name"] = _name, ["app.kubernetes.io/part-of"] = "gitops" },
        };
        if (waitFor is not null)
        {
            meta.Annotations.Add("pulumi.com/waitFor", waitFor);
        }

        return new ClusterObject(
            name, new ClusterObjectArgs(kind) { Metadata = meta, Spec = spec }, CustomResourceOptions.Merge(_child, new() { DependsOn = [.. after ?? []] }));
    }
}
