using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using GitOps.Cli.Install;
using GitOps.Manifests.Install;
using GitOps.Manifests.Registrations;
using GitOps.TestKit.Kubernetes;

namespace GitOps.Cli.Tests;

/// <summary>
/// What <c>pulumi up</c> registers in <c>infra/</c>, as recorded in its goldens: looked at here, where it needs no Pulumi. That the
/// programs still register this is tested in <c>infra/tests</c>.
/// </summary>
public sealed class RecordedStackTests
{
    private const string Seed = "0123456789abcdef0123456789abcdef";
    private static readonly string[] Given = ["the-kubeconfig", "the-git-token", "the-ssh-key", Seed, TokenSeed.SecretOf(Seed, "people"), EnrolmentText.Prefix];
    private static readonly string Folder = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(ThisFile())!, "../../infra/tests/goldens"));

    public static TheoryData<string> Stacks { get; } = ["cloud.dev", "cloud.staging", "cloud.production", "cloud.emqx", "edge.dev"];

    [Theory]
    [MemberData(nameof(Stacks))]
    public void Every_object_goes_to_a_cluster_that_was_named(string stack)
    {
        var objects = Resources(stack).Where(IsOnCluster).ToList();
        Assert.NotEmpty(objects);
        // A component of the provider itself gets it in its options.
        Assert.All(objects, resource => Assert.Contains(
            "pulumi:providers:kubernetes::", Text(resource["provider"] ?? resource["options"]?["providers"]?[0]), StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Stacks))]
    public void No_secret_is_seen_where_it_is_not_marked(string stack)
    {
        var record = Read(stack);
        var (whole, seen) = (record.ToJsonString(), Unmarked(record)!.ToJsonString());
        Assert.Contains(Given, secret => whole.Contains(secret, StringComparison.Ordinal)); // so that there is something to see
        Assert.DoesNotContain(Given, secret => seen.Contains(secret, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Stacks))]
    public void What_a_cluster_receives_is_what_it_takes(string stack) =>
        Assert.Equal([], KubernetesCheck.Problems(
            [.. Objects(stack), .. stack == "cloud.emqx" ? OfTheChart() : []],
            stack.StartsWith("edge", StringComparison.Ordinal) ? ["Namespace/gitops"] : [$"Secret/{EmqxFiles.Secret}"]));

    /// <summary>What selectors and policies of ours have to meet of EMQX's chart 5.8: its labels, ports and names, with the values of the stack.</summary>
    private static IEnumerable<JsonObject> OfTheChart() => YamlJson.Read("emqx", """
        apiVersion: v1
        kind: Service
        metadata: {name: gitops-emqx-headless, namespace: gitops}
        spec: {clusterIP: None, selector: {app.kubernetes.io/name: emqx, app.kubernetes.io/instance: gitops-emqx}, ports: [{name: mqttssl, port: 8883, targetPort: mqttssl}]}
        ---
        apiVersion: v1
        kind: ServiceAccount
        metadata: {name: gitops-emqx, namespace: gitops}
        ---
        apiVersion: apps/v1
        kind: StatefulSet
        metadata: {name: gitops-emqx, namespace: gitops}
        spec:
          replicas: 3
          serviceName: gitops-emqx-headless
          selector: {matchLabels: {app.kubernetes.io/name: emqx, app.kubernetes.io/instance: gitops-emqx}}
          template:
            metadata: {labels: {app.kubernetes.io/name: emqx, app.kubernetes.io/instance: gitops-emqx}}
            spec:
              serviceAccountName: gitops-emqx
              securityContext: {runAsNonRoot: true, runAsUser: 1000, seccompProfile: {type: RuntimeDefault}}
              containers:
                - name: emqx
                  image: emqx/emqx:5.8.8
                  envFrom: [{secretRef: {name: gitops-emqx-node}}]
                  securityContext: {allowPrivilegeEscalation: false, runAsNonRoot: true, capabilities: {drop: [ALL]}}
                  ports: [{name: mqttssl, containerPort: 8883}, {name: ekka, containerPort: 4370}, {name: genrpc-manual, containerPort: 5369}]
                  volumeMounts: [{name: gitops-broker, mountPath: /run/gitops/broker, readOnly: true}]
              volumes: [{name: gitops-broker, secret: {secretName: gitops-broker}}]
        """);

    [Fact]
    public void Plain_manifests_and_the_stack_are_the_same_control_plane()
    {
        var file = new ControlPlaneFile("https://git.example/fleet.git", "main", ["control.dev.example"])
        {
            Credential = GitCredential.Token,
            Registrations = "gitops",
        };
        var settings = new InstallSettings("gitops", "gitops.example/gitops:0.1.0", "1Gi", file) { Exposure = NodeExposure.ClusterIP };
        var plain = InstallManifests.Render(settings).SelectMany(manifest => YamlJson.Read(manifest.Name, manifest.Text))
            .Where(o => Text(o["kind"]) != "CustomResourceDefinition");
        // Secrets are no files, so install leaves them to kubectl.
        Assert.Equal(Sorted(plain), Sorted(Objects("cloud.dev").Where(o => Text(o["kind"]) != "Secret")));
    }

    [Fact]
    public void Each_node_of_the_fleet_has_one_registration_and_is_an_output()
    {
        var nodes = Read("edge.dev")["outputs"]!["nodes"]!.AsArray().Select(Text).ToList();
        Assert.NotEmpty(nodes);
        Assert.Equal(nodes, Objects("edge.dev").Select(o => Text(o["spec"]!["node"])).Order(StringComparer.Ordinal));
    }

    private static JsonNode Read(string stack) => JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, $"{stack}.json")))!;

    private static IEnumerable<JsonObject> Resources(string stack) => Read(stack)["resources"]!.AsArray().Select(resource => resource!.AsObject());

    private static bool IsOnCluster(JsonObject resource) =>
        Text(resource["type"]).StartsWith("kubernetes:", StringComparison.Ordinal) && Text(resource["kind"]) is "custom" or "remote" or "read";

    /// <summary>Those of Cluster API go to a management cluster, and its webhooks are their judge.</summary>
    private static List<JsonObject> Objects(string stack) =>
    [
        .. Resources(stack).Where(resource => IsOnCluster(resource) && Text(resource["kind"]) == "custom")
            .Where(resource => Text(resource["provider"]).EndsWith("::cluster", StringComparison.Ordinal))
            .Select(resource => resource["inputs"]!.DeepClone().AsObject()),
    ];

    private static JsonNode? Unmarked(JsonNode? node) => node switch
    {
        JsonObject marked when marked.ContainsKey("$secret") => "secret",
        JsonObject o => new JsonObject(o.Select(member => KeyValuePair.Create(member.Key, Unmarked(member.Value)))),
        JsonArray a => new JsonArray([.. a.Select(Unmarked)]),
        _ => node?.DeepClone(),
    };

    private static string Sorted(IEnumerable<JsonObject> objects) => string.Join(
        "\n\n", objects.Select(o => Sorted(o)!.ToJsonString(new() { WriteIndented = true })).Order(StringComparer.Ordinal));

    private static JsonNode? Sorted(JsonNode? node) => node switch
    {
        JsonObject o => new JsonObject(o.OrderBy(member => member.Key, StringComparer.Ordinal).Select(member => KeyValuePair.Create(member.Key, Sorted(member.Value)))),
        JsonArray a => new JsonArray([.. a.Select(Sorted)]),
        _ => node?.DeepClone(),
    };

    private static string Text(JsonNode? node) => node?.ToString() ?? "";

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
