using System.Diagnostics;
using Pulumi;

namespace GitOps.Infra.Cloud.ClusterApi;

/// <summary>What an infrastructure provider of Cluster API adds. Closed; a provider more is a case more.</summary>
internal abstract class Infrastructure
{
    private const string Group = "infrastructure.cluster.x-k8s.io";
    private const string Version = "v1beta2";

    private Infrastructure() { }

    public abstract ClusterKind Cluster { get; }

    public abstract ClusterKind MachineTemplate { get; }

    public static Infrastructure Of(ClusterSettings settings) => settings.Source switch
    {
        ClusterSource.Docker => new Docker(),
        ClusterSource.Aws => new Aws(settings.Aws!),
        var other => throw new UnreachableException($"{other} is not made by Cluster API"),
    };

    public abstract InputMap<object> ClusterSpec();

    public abstract InputMap<object> ControlPlaneMachine();

    public abstract InputMap<object> WorkerMachine();

    /// <summary>How a machine joins the cluster.</summary>
    public abstract InputMap<object> NodeRegistration();

    /// <summary>Of kubeadm, for the whole cluster; null: as it is.</summary>
    public virtual InputMap<object>? ClusterConfiguration() => null;

    private static InputMap<object> Template(InputMap<object> spec) =>
        new() { ["template"] = new InputMap<object> { ["spec"] = spec } };

    /// <summary>Machines are containers of a Docker that the management cluster reaches.</summary>
    private sealed class Docker : Infrastructure
    {
        public override ClusterKind Cluster { get; } = new(Group, Version, "DockerCluster");

        public override ClusterKind MachineTemplate { get; } = new(Group, Version, "DockerMachineTemplate");

        public override InputMap<object> ClusterSpec() => [];

        public override InputMap<object> ControlPlaneMachine() => Template([]);

        public override InputMap<object> WorkerMachine() => Template([]);

        public override InputMap<object> NodeRegistration() => new() { ["criSocket"] = "unix:///var/run/containerd/containerd.sock" };
    }

    /// <summary>Machines are instances of EC2, with the images that the provider publishes.</summary>
    private sealed class Aws(AwsSettings settings) : Infrastructure
    {
        public override ClusterKind Cluster { get; } = new(Group, Version, "AWSCluster");

        public override ClusterKind MachineTemplate { get; } = new(Group, Version, "AWSMachineTemplate");

        public override InputMap<object> ClusterSpec() => new() { ["region"] = settings.Region, ["sshKeyName"] = settings.SshKeyName };

        public override InputMap<object> ControlPlaneMachine() =>
            Machine(settings.ControlPlaneType, "control-plane.cluster-api-provider-aws.sigs.k8s.io");

        public override InputMap<object> WorkerMachine() => Machine(settings.WorkerType, "nodes.cluster-api-provider-aws.sigs.k8s.io");

        public override InputMap<object> NodeRegistration() => new()
        {
            ["name"] = "{{ ds.meta_data.local_hostname }}",
            ["kubeletExtraArgs"] = External,
        };

        public override InputMap<object> ClusterConfiguration() => new()
        {
            ["controllerManager"] = new InputMap<object> { ["extraArgs"] = External },
        };

        /// <summary>The cloud-controller-manager speaks to the cloud, nobody else does.</summary>
        private static object[] External => [new Dictionary<string, object> { ["name"] = "cloud-provider", ["value"] = "external" }];

        private InputMap<object> Machine(string type, string profile) => Template(new()
        {
            ["instanceType"] = type,
            ["iamInstanceProfile"] = profile,
            ["sshKeyName"] = settings.SshKeyName,
        });
    }
}
