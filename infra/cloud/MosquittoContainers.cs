using GitOps.Manifests.Install;
using Pulumi.Kubernetes.Types.Inputs.Core.V1;

namespace GitOps.Infra.Cloud;

/// <summary>
/// Mosquitto beside the control plane: one container keeps its configuration, access rules and certificates, the other runs it. They
/// are in one pod because the fleet's authority is: the broker's key lies in memory of this pod and nowhere else.
/// </summary>
internal static class MosquittoContainers
{
    public static void AddTo(PodSpecArgs pod, ControlPlaneSettings settings)
    {
        // The name nodes use, so that one certificate serves all; the control plane needs no way out and back in.
        pod.HostAliases.Add(new HostAliasArgs { Ip = "127.0.0.1", Hostnames = { settings.Names[0] } });
        pod.Volumes.Add(new VolumeArgs { Name = "broker", EmptyDir = new EmptyDirVolumeSourceArgs { Medium = "Memory", SizeLimit = "16Mi" } });
        pod.Containers.Add(new ContainerArgs
        {
            Name = "broker-files",
            Image = settings.Image,
            Args = { "broker", "mosquitto", "--watch", "--folder", MosquittoSidecar.Folder },
            Env =
            {
                new EnvVarArgs { Name = "GITOPS_CONFIG", Value = $"{ControlPlaneFile.SettingsFolder}/{ControlPlaneFile.Name}" },
                new EnvVarArgs { Name = "HOME", Value = "/tmp" },
            },
            Resources = Small("96Mi"),
            SecurityContext = ControlPlanePod.Restricted,
            VolumeMounts =
            {
                new VolumeMountArgs { Name = "data", MountPath = ControlPlaneFile.DataFolder },
                new VolumeMountArgs { Name = "settings", MountPath = ControlPlaneFile.SettingsFolder, ReadOnly = true },
                new VolumeMountArgs { Name = "broker", MountPath = MosquittoSidecar.Folder },
                new VolumeMountArgs { Name = "tmp", MountPath = "/tmp" },
            },
        });
        pod.Containers.Add(new ContainerArgs
        {
            Name = "mosquitto",
            Image = settings.BrokerImage,
            Command = { "sh", "-c", MosquittoSidecar.Script, "sh", MosquittoSidecar.Folder },
            Ports = { new ContainerPortArgs { Name = "mqtt", ContainerPortValue = ControlPlane.MqttPort } },
            Resources = Small("256Mi"),
            SecurityContext = ControlPlanePod.Restricted,
            VolumeMounts = { new VolumeMountArgs { Name = "broker", MountPath = MosquittoSidecar.Folder, ReadOnly = true } },
        });
    }

    private static ResourceRequirementsArgs Small(string memory) => new()
    {
        Requests = { ["cpu"] = "50m", ["memory"] = memory },
        Limits = { ["memory"] = memory },
    };
}
