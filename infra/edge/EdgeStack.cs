using System.Collections.Immutable;
using GitOps.Manifests.Registrations;
using Pulumi;
using Kubernetes = Pulumi.Kubernetes;

namespace GitOps.Infra.Edge;

/// <summary>The nodes of a fleet repository as registrations on the cluster of the control plane.</summary>
public sealed class EdgeStack : Stack
{
    private const string NodesOutput = "nodes";

    public EdgeStack()
    {
        var config = new Config();
        var settings = SettingsReader.Read<EdgeSettings>(config, "fleet");
        var fleet = FleetRepository.Read(settings.Repository);
        var cloud = new StackReference("cloud", new StackReferenceArgs { Name = settings.Cloud });
        var provider = new Kubernetes.Provider(
            "cluster", new Kubernetes.ProviderArgs { KubeConfig = cloud.RequireOutput("kubeconfig").Apply(Text), EnableServerSideApply = true });
        var permitted = Permit(fleet, settings);
        var registrations = new FleetRegistrations(
            "fleet",
            new FleetRegistrationsArgs
            {
                // Nothing is registered before the guard has spoken: every registration lies in this namespace.
                Namespace = Output.Tuple(permitted, cloud.RequireOutput("namespace")).Apply(both => Text(both.Item2)),
                NodeUrl = cloud.RequireOutput("nodeUrl").Apply(Text),
                Seed = config.RequireSecret("seed"),
            },
            fleet,
            settings,
            new ComponentResourceOptions { Providers = { provider } });

        Nodes = permitted;
        Installations = registrations.Installations;
    }

    /// <summary>The registered nodes; the next <c>up</c> compares with them.</summary>
    [Output(NodesOutput)]
    public Output<ImmutableArray<string>> Nodes { get; private set; }

    /// <summary>By node: <c>command</c>, <c>cloudInit</c> and <c>ignition</c>. Secret: each holds the token.</summary>
    [Output("installations")]
    public Output<ImmutableDictionary<string, ImmutableDictionary<string, string>>> Installations { get; private set; }

    /// <summary>
    /// The nodes, once it is clear that no more than the limit leave. What this stack itself put out last is read by a reference to
    /// itself; a first <c>up</c> has none. A refusal is an error of the program, and the engine deletes nothing after one.
    /// </summary>
    private static Output<ImmutableArray<string>> Permit(FleetRepository fleet, EdgeSettings settings)
    {
        var deployment = Deployment.Instance;
        var last = new StackReference(
            "last", new StackReferenceArgs { Name = $"{deployment.OrganizationName}/{deployment.ProjectName}/{deployment.StackName}" });
        return last.GetOutput(NodesOutput).Apply(before =>
        {
            var names = before is ImmutableArray<object> list ? list.OfType<string>() : [];
            return DeregistrationGuard.Check(names, fleet.Nodes, settings.MaxRemovals, settings.ConfirmRemoval) is { } problem
                ? throw new RunException($"{problem.Code}: {problem.What}\nfix: {problem.Fix}, with 'pulumi config set --path fleet.confirmRemoval ID'")
                : fleet.Nodes.ToImmutableArray();
        });
    }

    private static string Text(object value) => (string)value;
}
