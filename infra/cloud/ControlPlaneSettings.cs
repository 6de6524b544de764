using GitOps.Bundles;
using GitOps.Manifests.Install;

namespace GitOps.Infra.Cloud;

/// <summary>Who carries hints, reports and acks.</summary>
internal enum BrokerKind
{
    /// <summary>The control plane itself.</summary>
    Embedded,

    /// <summary>Mosquitto in the pod of the control plane: for fleets of many thousand sessions.</summary>
    Mosquitto,

    /// <summary>EMQX on the same cluster, by its Helm chart: <see cref="ControlPlaneSettings.Emqx"/>.</summary>
    Emqx,

    /// <summary>A broker of one's own at <see cref="ControlPlaneSettings.BrokerUrl"/>.</summary>
    External,

    /// <summary>Nodes poll.</summary>
    None,
}

/// <summary>The configuration <c>controlPlane</c>.</summary>
internal sealed record ControlPlaneSettings : ICheckedSettings
{
    public string Namespace { get; init; } = "gitops";

    /// <summary>The image of <c>gitops</c>, with a tag or a digest.</summary>
    public string Image { get; init; } = "";

    public string Repository { get; init; } = "";

    public string Reference { get; init; } = "main";

    /// <summary>Public keys, by names of files, that sign commits until a published Fleet says whose do.</summary>
    public IReadOnlyDictionary<string, string> CommitKeys { get; init; } = new Dictionary<string, string>();

    /// <summary>What nodes call the control plane; the first goes into their configuration.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    public BrokerKind Broker { get; init; }

    public string? BrokerUrl { get; init; }

    /// <summary>Mosquitto 2, with a tag or a digest.</summary>
    public string BrokerImage { get; init; } = "docker.io/library/eclipse-mosquitto:2.0.22";

    /// <summary>Needed for <see cref="BrokerKind.Emqx"/>.</summary>
    public EmqxSettings? Emqx { get; init; }

    public StorageSettings Storage { get; init; } = new();

    public string Cpu { get; init; } = "250m";

    /// <summary>Asked for, and the most it may take.</summary>
    public string Memory { get; init; } = "512Mi";

    public NodeExposure Exposure { get; init; }

    /// <summary>For the load balancer of a cloud.</summary>
    public IReadOnlyDictionary<string, string> ExposureAnnotations { get; init; } = new Dictionary<string, string>();

    /// <summary>How people reach it from outside; absent: by <c>kubectl port-forward</c>.</summary>
    public PeopleSettings? People { get; init; }

    /// <summary>Where the control plane and nodes find a broker that is not embedded; null: there is none, or it is embedded.</summary>
    public string? BrokerAddress => Broker switch
    {
        BrokerKind.Mosquitto => $"mqtts://{(Names.Count > 0 ? Names[0] : "")}:{ControlPlane.MqttPort}",
        BrokerKind.Emqx => $"mqtts://{Emqx?.Host}:{ControlPlane.MqttPort}",
        BrokerKind.External => BrokerUrl,
        _ => null,
    };

    /// <summary>What the program is told; the credential is a matter of the stack's secrets.</summary>
    public ControlPlaneFile File => new(Repository, Reference, Names)
    {
        BrokerUrl = BrokerAddress,
        HasBroker = Broker is not BrokerKind.None,
        CommitKeys = GitOps.Manifests.Install.CommitKeys.Of(CommitKeys),
        Registrations = Namespace,
    };

    /// <summary>Whether nodes speak MQTT to this pod.</summary>
    public bool HasBrokerInPod => Broker is BrokerKind.Embedded or BrokerKind.Mosquitto;

    public IEnumerable<string> Problems()
    {
        if (!Label.IsValid(Namespace))
        {
            yield return $"namespace: '{Namespace}' is not a name: a-z, 0-9 and inner hyphens, at most 63 characters";
        }

        if (Image.LastIndexOf(':') <= Image.LastIndexOf('/') || Image.EndsWith(":latest", StringComparison.Ordinal))
        {
            yield return $"image: '{Image}' names no version; write REPOSITORY:VERSION or REPOSITORY@sha256:…";
        }

        if (File.RepositoryPort is null)
        {
            yield return $"repository: '{Repository}' is not the address of a fleet repository: https://…, ssh://… or user@host:path";
        }

        foreach (var problem in File.CommitKeys.Problems())
        {
            yield return $"commitKeys: {problem}";
        }

        if (Names.Count == 0 || Names.Any(name => Uri.CheckHostName(name) is UriHostNameType.Unknown))
        {
            yield return $"names: [{string.Join(", ", Names)}] are not host names or addresses that nodes reach the control plane by";
        }

        if (Broker is BrokerKind.Mosquitto && (Names.Count == 0 || Uri.CheckHostName(Names[0]) is not UriHostNameType.Dns))
        {
            yield return "names: with broker Mosquitto the first is a host name, by which the control plane finds the broker beside it";
        }

        if (Broker is BrokerKind.Emqx && Emqx is null)
        {
            yield return "emqx: is missing; EMQX needs a host, the name that nodes reach it by";
        }

        foreach (var problem in Emqx?.Problems() ?? [])
        {
            yield return problem;
        }

        if (Broker is BrokerKind.External && !(Uri.TryCreate(BrokerUrl, UriKind.Absolute, out var url) && url.Scheme is "mqtts" or "wss"))
        {
            yield return $"brokerUrl: '{BrokerUrl}' is not an mqtts:// or wss:// address";
        }

        if (People is { } people && Uri.CheckHostName(people.Host) is not UriHostNameType.Dns)
        {
            yield return $"people.host: '{people.Host}' is not a host name";
        }
    }
}

/// <summary>The volume of the data directory.</summary>
internal sealed record StorageSettings
{
    /// <summary>A StorageClass; null: the cluster's default.</summary>
    public string? Class { get; init; }

    public string Size { get; init; } = "10Gi";
}

/// <summary>An Ingress for people, their programs and webhooks.</summary>
internal sealed record PeopleSettings(string Host, string IngressClass, string TlsSecret)
{
    /// <summary>A ClusterIssuer of cert-manager that fills the Secret; null: somebody else does.</summary>
    public string? Issuer { get; init; }

    /// <summary>Where the ingress controller runs: only it may reach the people's endpoint.</summary>
    public string IngressNamespace { get; init; } = "ingress-nginx";
}
