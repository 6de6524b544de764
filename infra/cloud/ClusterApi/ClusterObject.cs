using Pulumi;
using Pulumi.Kubernetes.ApiExtensions;
using CustomResource = Pulumi.Kubernetes.ApiExtensions.CustomResource;

namespace GitOps.Infra.Cloud.ClusterApi;

/// <summary>A kind of Cluster API or of one of its providers.</summary>
internal sealed record ClusterKind(string Group, string Version, string Kind)
{
    public string ApiVersion => $"{Group}/{Version}";

    /// <summary>How an object of Cluster API v1beta2 refers to another of this kind: without a version.</summary>
    public InputMap<object> Named(string name) => new() { ["apiGroup"] = Group, ["kind"] = Kind, ["name"] = name };
}

/// <summary>The kinds of Cluster API itself.</summary>
internal static class ClusterKinds
{
    public static readonly ClusterKind Cluster = new("cluster.x-k8s.io", "v1beta2", "Cluster");
    public static readonly ClusterKind MachineDeployment = new("cluster.x-k8s.io", "v1beta2", "MachineDeployment");
    public static readonly ClusterKind KubeadmControlPlane = new("controlplane.cluster.x-k8s.io", "v1beta2", "KubeadmControlPlane");
    public static readonly ClusterKind KubeadmConfigTemplate = new("bootstrap.cluster.x-k8s.io", "v1beta2", "KubeadmConfigTemplate");
}

internal sealed class ClusterObjectArgs(ClusterKind kind) : CustomResourceArgs(kind.ApiVersion, kind.Kind)
{
    [Input("spec")]
    public InputMap<object>? Spec { get; set; }
}

/// <summary>An object of the management cluster.</summary>
internal sealed class ClusterObject(string name, ClusterObjectArgs args, CustomResourceOptions options) : CustomResource(name, args, options);
