using System.Collections.Immutable;
using GitOps.Infra.Cloud;
using Pulumi;
using Pulumi.Utilities;

namespace GitOps.Infra.Tests;

public sealed class CloudStackTests
{
    private const string Key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g alice";
    private const string Adopted = """{"source":"adopt"}""";
    private const string Small = """{"image":"gitops.example/gitops:0.1.0","repository":"https://git.example/fleet.git","names":["control.example"]}""";

    [Fact]
    public async Task A_preview_and_an_up_register_the_same()
    {
        List<List<string>> runs = [];
        foreach (var isPreview in StackTest.Modes)
        {
            var test = new StackTest();
            await test.RunAsync<CloudStack>(isPreview, Config(Adopted, Small), "gitops-cloud:seed", "gitops-cloud:kubeconfig");
            runs.Add([.. test.Registered.Select(r => $"{r.Type} {r.Name}").Order(StringComparer.Ordinal)]);
        }

        Assert.Equal(runs[0], runs[1]);
        Assert.Contains("kubernetes:apps/v1:StatefulSet control-plane", runs[0]);
    }

    [Fact]
    public async Task What_must_stay_secret_is_secret()
    {
        foreach (var isPreview in StackTest.Modes)
        {
            var resources = await new StackTest().RunAsync<CloudStack>(
                isPreview, Config(Adopted, Small), "gitops-cloud:seed", "gitops-cloud:kubeconfig");
            var stack = resources.OfType<CloudStack>().Single();
            Assert.True(await Output.IsSecretAsync(stack.Kubeconfig));
            Assert.True(await Output.IsSecretAsync(stack.PeopleToken));
            Assert.False(await Output.IsSecretAsync(stack.NodeUrl));
            Assert.Equal("https://control.example:8443", await OutputUtilities.GetValueAsync(stack.NodeUrl));
        }
    }

    [Fact]
    public async Task A_cluster_that_is_made_brings_its_machines()
    {
        foreach (var source in new[] { """{"source":"docker"}""", """{"source":"aws","aws":{"region":"eu-central-1","sshKeyName":"k"}}""" })
        {
            var test = new StackTest();
            var resources = await test.RunAsync<CloudStack>(isPreview: false, Config(source, Small), "gitops-cloud:seed", "gitops-cloud:kubeconfig");
            var kubeconfig = resources.OfType<CloudStack>().Single().Kubeconfig;
            Assert.Equal("apiVersion: v1", await OutputUtilities.GetValueAsync(kubeconfig));
            Assert.True(await Output.IsSecretAsync(kubeconfig));
            Assert.Equal(7, test.Registered.Count(r => r.Type.Contains("cluster.x-k8s.io/", StringComparison.Ordinal)));
        }
    }

    [Fact]
    public async Task Keys_of_signers_are_files_and_secrets_of_webhooks_a_secret()
    {
        var test = new StackTest();
        var config = Config(Adopted, Small[..^1] + $$$""","commitKeys":{"alice.pub":"{{{Key}}}"}}""");
        config["gitops-cloud:webhookGiteaSecret"] = "the-webhook-secret";
        await test.RunAsync<CloudStack>(
            isPreview: false, config, "gitops-cloud:seed", "gitops-cloud:kubeconfig", "gitops-cloud:webhookGiteaSecret");

        var files = (ImmutableDictionary<string, object>)test.Registered.Single(r => r.Type == "kubernetes:core/v1:ConfigMap").Inputs["data"];
        Assert.Equal($"{Key}\n", files["alice.pub"]);
        Assert.Contains("\"commitKeys\": \"/etc/gitops/alice.pub\"", (string)files["gitops.json"], StringComparison.Ordinal);
        var secret = test.Registered.Single(r => r.Type == "kubernetes:core/v1:Secret" && r.Name == "control-plane-webhooks").Inputs["stringData"];
        Assert.Equal(["gitea"], ((ImmutableDictionary<string, object>)secret).Keys);
    }

    [Fact]
    public async Task Emqx_stands_beside_the_control_plane_which_knows_it_by_the_name_of_nodes()
    {
        foreach (var isPreview in StackTest.Modes)
        {
            var test = new StackTest();
            await test.RunAsync<CloudStack>(
                isPreview, Config(Adopted, Small[..^1] + ""","broker":"emqx","emqx":{"host":"broker.example"}}"""), "gitops-cloud:seed", "gitops-cloud:kubeconfig");

            var chart = test.Registered.Single(r => r.Type == "kubernetes:helm.sh/v4:Chart").Inputs;
            Assert.Equal(("emqx", "5.8.8"), (chart["chart"], chart["version"]));
            var files = (ImmutableDictionary<string, object>)test.Registered.Single(r => r.Type == "kubernetes:core/v1:ConfigMap").Inputs["data"];
            Assert.Contains("mqtts://broker.example:8883", (string)files["gitops.json"], StringComparison.Ordinal);
            Assert.Single(test.Registered, r => r is { Type: "kubernetes:core/v1:Service", Name: "control-plane-broker" });
        }
    }

    [Theory]
    [InlineData("""{"image":"x:1","repository":"r","names":["h"],"broker":"emqx"}""", "emqx:")]
    [InlineData("""{"image":"x:1","repository":"r","names":["h"],"broker":"emqx","emqx":{"host":"10.0.0.1","replicas":2,"version":"latest"}}""",
        "emqx.host:", "emqx.replicas:", "emqx.version:")]
    [InlineData("{}", "image:", "repository:", "names:")]
    [InlineData("""{"image":"x:latest","repository":"r","names":["h"]}""", "image:")]
    [InlineData("""{"image":"x:1","repository":"r","names":["h"],"nmaespace":"x"}""", "nmaespace")]
    [InlineData("""{"image":"x:1","repository":"r","names":["h"],"broker":"external"}""", "brokerUrl:")]
    [InlineData("""{"image":"x:1","repository":"r","names":["h"],"exposure":"NodePort"}""", "exposure")]
    [InlineData("""{"image":"x:1","repository":"r","names":["h"],"commitKeys":{"gitops.json":"x","b":"-----BEGIN PRIVATE KEY-----"}}""",
        "commitKeys: 'gitops.json' is not", "commitKeys: 'b' cannot")]
    public async Task Wrong_settings_are_refused_before_anything_is_registered(string controlPlane, params string[] named)
    {
        var test = new StackTest();
        var refused = await Assert.ThrowsAnyAsync<Exception>(() => test.RunAsync<CloudStack>(isPreview: true, Config(Adopted, controlPlane)));
        Assert.All(named, name => Assert.Contains(name, refused.ToString(), StringComparison.Ordinal));
        Assert.Contains("INF003", refused.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(test.Registered, r => r.IsOnCluster);
    }

    private static Dictionary<string, string> Config(string cluster, string controlPlane) => new()
    {
        ["gitops-cloud:cluster"] = cluster,
        ["gitops-cloud:controlPlane"] = controlPlane,
        ["gitops-cloud:kubeconfig"] = "apiVersion: v1\nkind: Config\n",
        ["gitops-cloud:seed"] = "0123456789abcdef0123456789abcdef",
    };
}
