using GitOps.Manifests.Install;
using Pulumi;
using Pulumi.Kubernetes.Core.V1;
using Pulumi.Kubernetes.Rbac.V1;
using Pulumi.Kubernetes.Types.Inputs.Core.V1;
using Pulumi.Kubernetes.Types.Inputs.Meta.V1;
using Pulumi.Kubernetes.Types.Inputs.Rbac.V1;

namespace GitOps.Infra.Cloud;

internal sealed class ControlPlaneArgs : ResourceArgs
{
    [Input("namespace", required: true)]
    public required Input<string> Namespace { get; init; }

    [Input("peopleToken", required: true)]
    public required Input<string> PeopleToken { get; init; }

    /// <summary>Secrets for other parts, by their purpose.</summary>
    public required Func<string, Input<string>> SecretOf { get; init; }

    [Input("gitToken")]
    public Input<string>? GitToken { get; init; }

    [Input("gitSshKey")]
    public Input<string>? GitSshKey { get; init; }

    [Input("gitKnownHosts")]
    public Input<string>? GitKnownHosts { get; init; }

    /// <summary>By <see cref="WebhookSecret.Key"/>.</summary>
    [Input("webhooks")]
    public InputMap<string>? Webhooks { get; init; }
}

/// <summary>
/// One control plane with its volume, its rights, its secrets and the ways to it. PostgreSQL, an object store, more replicas and
/// monitoring join here, as components beside <see cref="ControlPlanePod"/>, when the program can use them.
/// </summary>
internal sealed class ControlPlane : ComponentResource
{
    public const string Name = "gitops-control-plane";
    public const int NodePort = 8443;
    public const int MqttPort = 8883;

    private readonly ControlPlaneArgs _args;
    private readonly CustomResourceOptions _child;

    /// <param name="after">What the pod waits for; the dependencies of a component do not reach what is in it.</param>
    public ControlPlane(
        string name, ControlPlaneArgs args, ControlPlaneSettings settings, IEnumerable<Resource> after, ComponentResourceOptions options)
        : base("gitops:cloud:ControlPlane", name, args, options)
    {
        (_args, _child) = (args, new CustomResourceOptions { Parent = this });
        PeopleToken = Output.CreateSecret(args.PeopleToken.ToOutput());
        var file = File(settings, args);
        var access = Access(name);
        var secrets = Secrets(name, file.Credential);
        var configuration = new ConfigMap(
            name, new ConfigMapArgs { Metadata = Meta(Name), Data = file.Files.ToDictionary(one => one.Key, one => one.Value) }, _child);
        var broker = settings.Broker is BrokerKind.Emqx ? Emqx(name, settings, options.Providers.Single()) : null;
        _ = new ControlPlanePod(
            name,
            new ControlPlanePodArgs { Namespace = args.Namespace, SettingsDigest = file.Digest(), BrokerAddress = broker is null ? null : (Input<string>)broker.Address },
            settings,
            [configuration, .. access, .. secrets, .. after],
            new ComponentResourceOptions { Parent = this });
        _ = new ControlPlaneNetwork(
            name, new ControlPlaneNetworkArgs { Namespace = args.Namespace }, settings, new ComponentResourceOptions { Parent = this });
        RegisterOutputs(new Dictionary<string, object?> { ["peopleToken"] = PeopleToken });
    }

    [Output("peopleToken")]
    public Output<string> PeopleToken { get; private set; }

    /// <param name="provider">Of the cluster: a chart is registered by the provider itself, which inherits none.</param>
    private EmqxBroker Emqx(string name, ControlPlaneSettings settings, ProviderResource provider) => new(
        $"{name}-broker",
        new EmqxBrokerArgs
        {
            Namespace = _args.Namespace,
            Cookie = _args.SecretOf("emqx-cookie"),
            DashboardPassword = _args.SecretOf("emqx-dashboard"),
        },
        settings,
        new ComponentResourceOptions { Parent = this, Providers = { provider } });

    private static ControlPlaneFile File(ControlPlaneSettings settings, ControlPlaneArgs args) => settings.File with
    {
        Credential = args.GitToken is not null ? GitCredential.Token : args.GitSshKey is not null ? GitCredential.SshKey : GitCredential.None,
    };

    /// <summary>It reads registrations of its namespace and says how they stand; nothing else.</summary>
    private List<Resource> Access(string name)
    {
        var account = new ServiceAccount(
            name, new ServiceAccountArgs { Metadata = Meta(Name), AutomountServiceAccountToken = false }, _child);
        var role = new Role(
            name,
            new RoleArgs
            {
                Metadata = Meta(Name),
                Rules =
                {
                    new PolicyRuleArgs { ApiGroups = { "gitops.edge" }, Resources = { "edgeregistrations" }, Verbs = { "get", "list", "watch" } },
                    new PolicyRuleArgs { ApiGroups = { "gitops.edge" }, Resources = { "edgeregistrations/status" }, Verbs = { "patch" } },
                },
            },
            _child);
        var binding = new RoleBinding(
            name,
            new RoleBindingArgs
            {
                Metadata = Meta(Name),
                RoleRef = new RoleRefArgs
                {
                    ApiGroup = "rbac.authorization.k8s.io",
                    Kind = "Role",
                    Name = role.Metadata.Apply(metadata => metadata.Name),
                },
                Subjects =
                {
                    new SubjectArgs
                    {
                        Kind = "ServiceAccount",
                        Name = account.Metadata.Apply(metadata => metadata.Name),
                        Namespace = _args.Namespace,
                    },
                },
            },
            _child);
        return [account, role, binding];
    }

    private List<Resource> Secrets(string name, GitCredential credential)
    {
        List<Resource> secrets =
        [
            new Secret(
                $"{name}-people",
                new SecretArgs { Metadata = Meta("gitops-people"), StringData = { [ControlPlaneFile.TokenKey] = PeopleToken } },
                _child),
        ];
        if (_args.Webhooks is { } webhooks)
        {
            secrets.Add(new Secret($"{name}-webhooks", new SecretArgs { Metadata = Meta(WebhookSecret.Secret), StringData = webhooks }, _child));
        }

        var git = new InputMap<string>();
        switch (credential)
        {
            case GitCredential.Token:
                git.Add(ControlPlaneFile.TokenKey, _args.GitToken!);
                break;
            case GitCredential.SshKey:
                git.Add(ControlPlaneFile.SshKey, _args.GitSshKey!);
                git.Add(ControlPlaneFile.KnownHostsKey, _args.GitKnownHosts ?? "");
                break;
            default:
                return secrets;
        }

        secrets.Add(new Secret($"{name}-git", new SecretArgs { Metadata = Meta("gitops-git"), StringData = git }, _child));
        return secrets;
    }

    private ObjectMetaArgs Meta(string name) => new() { Name = name, Namespace = _args.Namespace, Labels = Labels.OfControlPlane };
}
