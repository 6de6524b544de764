using Pulumi;

namespace GitOps.Infra.Cloud.ClusterApi;

/// <summary>The specs of the objects that are the same with every provider.</summary>
internal static class Objects
{
    public static InputMap<object> Cluster(ClusterSettings settings, Infrastructure infrastructure) => new()
    {
        ["clusterNetwork"] = new InputMap<object>
        {
            ["pods"] = new InputMap<object> { ["cidrBlocks"] = new InputList<string> { settings.PodCidr } },
            ["services"] = new InputMap<object> { ["cidrBlocks"] = new InputList<string> { settings.ServiceCidr } },
        },
        ["controlPlaneRef"] = ClusterKinds.KubeadmControlPlane.Named(settings.Name),
        ["infrastructureRef"] = infrastructure.Cluster.Named(settings.Name),
    };

    public static InputMap<object> ControlPlane(ClusterSettings settings, Infrastructure infrastructure)
    {
        var kubeadm = new InputMap<object>
        {
            ["initConfiguration"] = new InputMap<object> { ["nodeRegistration"] = infrastructure.NodeRegistration() },
            ["joinConfiguration"] = new InputMap<object> { ["nodeRegistration"] = infrastructure.NodeRegistration() },
        };
        if (infrastructure.ClusterConfiguration() is { } cluster)
        {
            kubeadm.Add("clusterConfiguration", cluster);
        }

        return new InputMap<object>
        {
            ["replicas"] = settings.ControlPlaneMachines,
            ["version"] = settings.KubernetesVersion,
            ["machineTemplate"] = new InputMap<object>
            {
                ["spec"] = new InputMap<object> { ["infrastructureRef"] = infrastructure.MachineTemplate.Named($"{settings.Name}-control-plane") },
            },
            ["kubeadmConfigSpec"] = kubeadm,
        };
    }

    public static InputMap<object> Workers(Infrastructure infrastructure) => new()
    {
        ["template"] = new InputMap<object>
        {
            ["spec"] = new InputMap<object>
            {
                ["joinConfiguration"] = new InputMap<object> { ["nodeRegistration"] = infrastructure.NodeRegistration() },
            },
        },
    };

    public static InputMap<object> Machines(ClusterSettings settings, Infrastructure infrastructure)
    {
        var workers = $"{settings.Name}-workers";
        var labels = new InputMap<string> { ["cluster.x-k8s.io/cluster-name"] = settings.Name, ["cluster.x-k8s.io/deployment-name"] = workers };
        return new InputMap<object>
        {
            ["clusterName"] = settings.Name,
            ["replicas"] = settings.Workers,
            ["selector"] = new InputMap<object> { ["matchLabels"] = labels },
            ["template"] = new InputMap<object>
            {
                ["metadata"] = new InputMap<object> { ["labels"] = labels },
                ["spec"] = new InputMap<object>
                {
                    ["clusterName"] = settings.Name,
                    ["version"] = settings.KubernetesVersion,
                    ["bootstrap"] = new InputMap<object> { ["configRef"] = ClusterKinds.KubeadmConfigTemplate.Named(workers) },
                    ["infrastructureRef"] = infrastructure.MachineTemplate.Named(workers),
                },
            },
        };
    }
}
