using GitOps.Manifests.Install;
using Pulumi;
using Pulumi.Kubernetes.Apps.V1;
using Pulumi.Kubernetes.Types.Inputs.Apps.V1;
using Pulumi.Kubernetes.Types.Inputs.Core.V1;
using Pulumi.Kubernetes.Types.Inputs.Meta.V1;

namespace GitOps.Infra.Cloud;

internal sealed class ControlPlanePodArgs : ResourceArgs
{
    [Input("namespace", required: true)]
    public required Input<string> Namespace { get; init; }

    [Input("settingsDigest", required: true)]
    public required Input<string> SettingsDigest { get; init; }

    /// <summary>Of a broker on the cluster, which has the name that nodes use; null: it is found by name, or there is none.</summary>
    [Input("brokerAddress")]
    public Input<string>? BrokerAddress { get; init; }
}

/// <summary>The pod, as a StatefulSet of one: the publisher holds a lease on its volume.</summary>
internal sealed class ControlPlanePod : ComponentResource
{
    private const int User = 10001;

    /// <summary>0440 in decimal, as Kubernetes takes it: the group of the pod reads.</summary>
    private const int ForTheGroup = 288;

    /// <summary>What every container of the pod is held to.</summary>
    public static SecurityContextArgs Restricted => new()
    {
        AllowPrivilegeEscalation = false,
        ReadOnlyRootFilesystem = true,
        Capabilities = new CapabilitiesArgs { Drop = { "ALL" } },
    };

    public ControlPlanePod(
        string name, ControlPlanePodArgs args, ControlPlaneSettings settings, List<Resource> after, ComponentResourceOptions options)
        : base("gitops:cloud:ControlPlanePod", name, args, options)
    {
        _ = new StatefulSet(
            name,
            new StatefulSetArgs
            {
                Metadata = new ObjectMetaArgs { Name = ControlPlane.Name, Namespace = args.Namespace, Labels = Labels.OfControlPlane },
                Spec = new StatefulSetSpecArgs
                {
                    Replicas = 1,
                    ServiceName = ControlPlane.Name,
                    Selector = new LabelSelectorArgs { MatchLabels = Labels.Selector },
                    Template = new PodTemplateSpecArgs
                    {
                        Metadata = new ObjectMetaArgs
                        {
                            Labels = Labels.OfControlPlane,
                            Annotations = { ["gitops.edge/settings"] = args.SettingsDigest },
                        },
                        Spec = Pod(settings, args.BrokerAddress),
                    },
                    VolumeClaimTemplates = { Claim(settings.Storage) },
                },
            },
            new CustomResourceOptions { Parent = this, DependsOn = after });
        RegisterOutputs();
    }

    private static PodSpecArgs Pod(ControlPlaneSettings settings, Input<string>? broker)
    {
        var pod = Alone(settings);
        if (broker is not null)
        {
            pod.HostAliases.Add(new HostAliasArgs { Ip = broker, Hostnames = { settings.Emqx!.Host } });
        }

        if (settings.Broker is BrokerKind.Mosquitto)
        {
            MosquittoContainers.AddTo(pod, settings);
        }

        return pod;
    }

    private static PodSpecArgs Alone(ControlPlaneSettings settings) => new()
    {
        ServiceAccountName = ControlPlane.Name,
        AutomountServiceAccountToken = true,
        EnableServiceLinks = false,
        TerminationGracePeriodSeconds = 30,
        SecurityContext = new PodSecurityContextArgs
        {
            RunAsNonRoot = true,
            RunAsUser = User,
            RunAsGroup = User,
            FsGroup = User,
            FsGroupChangePolicy = "OnRootMismatch",
            SeccompProfile = new SeccompProfileArgs { Type = "RuntimeDefault" },
        },
        Containers = { Container(settings) },
        Volumes =
        {
            new VolumeArgs { Name = "settings", ConfigMap = new ConfigMapVolumeSourceArgs { Name = ControlPlane.Name } },
            new VolumeArgs { Name = "people", Secret = new SecretVolumeSourceArgs { SecretName = "gitops-people", DefaultMode = ForTheGroup } },
            new VolumeArgs
            {
                Name = "git",
                Secret = new SecretVolumeSourceArgs { SecretName = "gitops-git", DefaultMode = ForTheGroup, Optional = true },
            },
            new VolumeArgs { Name = "tmp", EmptyDir = new EmptyDirVolumeSourceArgs { SizeLimit = "256Mi" } },
        },
    };

    private static ContainerArgs Container(ControlPlaneSettings settings) => new()
    {
        Name = "control-plane",
        Image = settings.Image,
        Args = { "serve" },
        Env = (List<EnvVarArgs>)
        [
            new() { Name = "GITOPS_CONFIG", Value = $"{ControlPlaneFile.SettingsFolder}/{ControlPlaneFile.Name}" },
            new() { Name = "HOME", Value = "/tmp" }, // of git and ssh; everything else is read-only
            .. WebhookSecret.All.Select(webhook => new EnvVarArgs
            {
                Name = webhook.Variable,
                ValueFrom = new EnvVarSourceArgs
                {
                    SecretKeyRef = new SecretKeySelectorArgs { Name = WebhookSecret.Secret, Key = webhook.Key, Optional = true },
                },
            }),
        ],
        Ports = Ports(settings),
        StartupProbe = new ProbeArgs { HttpGet = Get("/healthz"), PeriodSeconds = 2, FailureThreshold = 60 },
        LivenessProbe = new ProbeArgs { HttpGet = Get("/healthz"), PeriodSeconds = 10, TimeoutSeconds = 5, FailureThreshold = 6 },
        ReadinessProbe = new ProbeArgs { HttpGet = Get("/readyz"), PeriodSeconds = 5, TimeoutSeconds = 5 },
        Resources = new ResourceRequirementsArgs
        {
            // No limit on the processor: a throttled control plane is a slow one, and nothing else.
            Requests = { ["cpu"] = settings.Cpu, ["memory"] = settings.Memory },
            Limits = { ["memory"] = settings.Memory },
        },
        SecurityContext = Restricted,
        VolumeMounts =
        {
            new VolumeMountArgs { Name = "data", MountPath = ControlPlaneFile.DataFolder },
            new VolumeMountArgs { Name = "settings", MountPath = ControlPlaneFile.SettingsFolder, ReadOnly = true },
            new VolumeMountArgs { Name = "people", MountPath = ControlPlaneFile.PeopleFolder, ReadOnly = true },
            new VolumeMountArgs { Name = "git", MountPath = ControlPlaneFile.GitFolder, ReadOnly = true },
            new VolumeMountArgs { Name = "tmp", MountPath = "/tmp" },
        },
    };

    private static InputList<ContainerPortArgs> Ports(ControlPlaneSettings settings)
    {
        var nodes = new ContainerPortArgs { Name = "nodes", ContainerPortValue = ControlPlane.NodePort };
        var people = new ContainerPortArgs { Name = "people", ContainerPortValue = 8080 };
        return settings.Broker is BrokerKind.Embedded
            ? [nodes, new ContainerPortArgs { Name = "mqtt", ContainerPortValue = ControlPlane.MqttPort }, people]
            : [nodes, people];
    }

    private static HTTPGetActionArgs Get(string path) => new() { Path = path, Port = "people" };

    private static PersistentVolumeClaimArgs Claim(StorageSettings storage)
    {
        var spec = new PersistentVolumeClaimSpecArgs
        {
            AccessModes = { "ReadWriteOnce" },
            Resources = new VolumeResourceRequirementsArgs { Requests = { ["storage"] = storage.Size } },
        };
        if (storage.Class is { } named)
        {
            spec.StorageClassName = named;
        }

        return new PersistentVolumeClaimArgs { Metadata = new ObjectMetaArgs { Name = "data" }, Spec = spec };
    }
}
