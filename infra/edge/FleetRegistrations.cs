using System.Collections.Immutable;
using GitOps.Manifests.Registrations;
using Pulumi;
using Pulumi.Kubernetes.Types.Inputs.Meta.V1;

namespace GitOps.Infra.Edge;

internal sealed class FleetRegistrationsArgs : ResourceArgs
{
    [Input("namespace", required: true)]
    public required Input<string> Namespace { get; init; }

    [Input("nodeUrl", required: true)]
    public required Input<string> NodeUrl { get; init; }

    [Input("seed", required: true)]
    public required Input<string> Seed { get; init; }
}

/// <summary>
/// One EdgeRegistration per node. Its token is derived (<see cref="TokenSeed"/>), so nothing changes from one <c>up</c> to the next
/// unless an epoch does. The cluster gets hashes only; tokens are in the secret outputs.
/// </summary>
internal sealed class FleetRegistrations : ComponentResource
{
    public FleetRegistrations(
        string name, FleetRegistrationsArgs args, FleetRepository fleet, EdgeSettings settings, ComponentResourceOptions options)
        : base("gitops:edge:FleetRegistrations", name, args, options)
    {
        var child = new CustomResourceOptions { Parent = this };
        var seed = Output.CreateSecret(args.Seed.ToOutput());
        var installations = new Dictionary<string, Output<ImmutableDictionary<string, string>>>();
        foreach (var node in fleet.Nodes)
        {
            var token = seed.Apply(secret => TokenSeed.TokenOf(secret, fleet.Uid, node, settings.EpochOf(node)));
            _ = new Registration(
                node,
                new RegistrationArgs
                {
                    Metadata = new ObjectMetaArgs
                    {
                        Name = node,
                        Namespace = args.Namespace,
                        Labels = { ["app.kubernetes.io/part-of"] = "gitops" },
                    },
                    Spec = new RegistrationSpecArgs
                    {
                        Node = node,
                        Fleet = fleet.Uid,
                        // A hash of 256 random bits tells nothing, and a preview that shows it shows which tokens change.
                        TokenHash = Output.Unsecret(token.Apply(EnrolmentText.HashOf)),
                        Expires = settings.TokensExpire,
                        Suspended = settings.Suspended.Contains(node) ? true : (Input<bool>?)null,
                    },
                },
                child);
            installations[node] = Output.Tuple(args.NodeUrl.ToOutput(), token)
                .Apply(given => Describe(new EnrolmentDirections(new Uri(given.Item1), settings.AuthoritySha256, given.Item2)));
        }

        Installations = Output.CreateSecret(Output.All(installations.Select(one => one.Value.Apply(value => (one.Key, value))))
            .Apply(all => all.ToImmutableDictionary(one => one.Key, one => one.value)));
        RegisterOutputs();
    }

    /// <summary>By node: <c>command</c>, <c>cloudInit</c> and <c>ignition</c>.</summary>
    public Output<ImmutableDictionary<string, ImmutableDictionary<string, string>>> Installations { get; }

    private static ImmutableDictionary<string, string> Describe(EnrolmentDirections directions) => new Dictionary<string, string>
    {
        ["command"] = NodeInstallation.Command(directions),
        ["cloudInit"] = NodeInstallation.CloudInit(directions),
        ["ignition"] = NodeInstallation.Ignition(directions),
    }.ToImmutableDictionary();
}
