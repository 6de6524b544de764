using GitOps.Bundles;

namespace GitOps.Infra.Cloud;

/// <summary>Where the cluster comes from.</summary>
internal enum ClusterSource
{
    /// <summary>It is there: <c>kubeconfig</c> reaches it.</summary>
    Adopt,

    /// <summary>Containers, by Cluster API's Docker provider; <c>kubeconfig</c> reaches the management cluster.</summary>
    Docker,

    /// <summary>EC2, by Cluster API's AWS provider; <c>kubeconfig</c> reaches the management cluster.</summary>
    Aws,
}

/// <summary>The configuration <c>cluster</c>.</summary>
internal sealed record ClusterSettings : ICheckedSettings
{
    public ClusterSource Source { get; init; }

    /// <summary>Of a cluster to create, and of its objects in the management cluster.</summary>
    public string Name { get; init; } = "gitops";

    /// <summary>Of the management cluster.</summary>
    public string Namespace { get; init; } = "default";

    public string KubernetesVersion { get; init; } = "v1.34.1";

    public int ControlPlaneMachines { get; init; } = 1;

    public int Workers { get; init; } = 2;

    public string PodCidr { get; init; } = "10.244.0.0/16";

    public string ServiceCidr { get; init; } = "10.96.0.0/16";

    /// <summary>Needed for <see cref="ClusterSource.Aws"/>.</summary>
    public AwsSettings? Aws { get; init; }

    public IEnumerable<string> Problems()
    {
        if (!Label.IsValid(Name) || !Label.IsValid(Namespace))
        {
            yield return "name and namespace: a-z, 0-9 and inner hyphens, at most 63 characters";
        }

        if (ControlPlaneMachines is < 1 or > 7 || ControlPlaneMachines % 2 == 0)
        {
            yield return $"controlPlaneMachines: {ControlPlaneMachines} is not 1, 3, 5 or 7; etcd needs an odd number";
        }

        if (Workers < 1)
        {
            yield return $"workers: {Workers} is not 1 or more";
        }

        if (Source is ClusterSource.Aws && Aws is null)
        {
            yield return "aws: is missing; a cluster on AWS needs a region and a key pair";
        }
    }
}

/// <summary>Machines on AWS.</summary>
/// <param name="SshKeyName">A key pair of EC2.</param>
internal sealed record AwsSettings(string Region, string SshKeyName)
{
    public string ControlPlaneType { get; init; } = "t3.large";

    public string WorkerType { get; init; } = "t3.large";
}
