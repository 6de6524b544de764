using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using GitOps.TestKit;

namespace GitOps.Infra.Tests;

/// <summary>
/// The programs as Pulumi's language host starts them, recorded: what an <c>up</c> registers is committed below <c>goldens</c>, where
/// tests look at it that need no Pulumi.
/// </summary>
public sealed class RecordedTests : IDisposable
{
    private const string Seed = "0123456789abcdef0123456789abcdef";
    private static readonly string Infra = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(ThisFile())!, ".."));

    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public Task The_cloud_stack_on_a_cluster_that_is_there() =>
        VerifyAsync("cloud", "GitOps.Infra.Cloud.dll", "dev", ["--secret", "kubeconfig=the-kubeconfig", "--secret", "gitToken=the-git-token"]);

    /// <summary>A preview: nobody writes the kubeconfig of the new cluster here, which an up reads.</summary>
    [Theory]
    [InlineData("staging", "gitToken=the-git-token")]
    [InlineData("production", "gitSshKey=the-ssh-key")]
    public async Task The_cloud_stack_with_its_cluster(string stack, string credential)
    {
        var preview = await RecordAsync("cloud", "GitOps.Infra.Cloud.dll", stack, ["--secret", "kubeconfig=the-kubeconfig", "--secret", credential]);
        Verify($"cloud.{stack}", preview);
    }

    /// <summary>A preview: the address that the cluster gives the broker is not known here.</summary>
    [Fact]
    public async Task The_cloud_stack_with_Emqx()
    {
        const string Settings =
            """{"image":"gitops.example/gitops:0.1.0","repository":"https://git.example/fleet.git","names":["control.example"],"broker":"emqx","emqx":{"host":"broker.example","replicas":3}}""";
        var preview = await RecordAsync(
            "cloud", "GitOps.Infra.Cloud.dll", "dev", ["--secret", "kubeconfig=the-kubeconfig", "--secret", "gitToken=the-git-token", "--config", $"controlPlane={Settings}"]);
        Verify("cloud.emqx", preview);
    }

    [Fact]
    public async Task The_edge_stack()
    {
        var (cloud, self) = (_directory["cloud.json"], _directory["self.json"]);
        await File.WriteAllTextAsync(cloud, """
            {"kubeconfig":{"4dabf18193072939515e22adb298388d":"1b47061264138c4ac30d75fd1eb44270","value":"the-kubeconfig"},"namespace":"gitops","nodeUrl":"https://control.dev.example:8443"}
            """, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(self, """{"nodes":["press-1","press-2"]}""", TestContext.Current.CancellationToken);
        await VerifyAsync("edge", "GitOps.Infra.Edge.dll", "dev",
        [
            "--config", """fleet={"repository":"../tests/fleet","cloud":"organization/gitops-cloud/dev","authoritySha256":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","tokensExpire":"2027-01-31T00:00:00Z"}""",
            "--stack-outputs", $"organization/gitops-cloud/dev={cloud}",
            "--stack-outputs", $"organization/gitops-edge/dev={self}",
        ]);
    }

    private async Task VerifyAsync(string project, string program, string stack, string[] arguments)
    {
        var preview = await RecordAsync(project, program, stack, arguments);
        var up = await RecordAsync(project, program, stack, [.. arguments, "--up"]);
        Assert.Equal(Urns(preview), Urns(up));
        Verify($"{project}.{stack}", up);
    }

    private static void Verify(string stack, JsonNode record) => Golden.Verify($"{stack}.json", record.ToJsonString(Readable) + "\n");

    private async Task<JsonNode> RecordAsync(string project, string program, string stack, string[] arguments)
    {
        var recorder = Environment.GetEnvironmentVariable("GITOPS_PULUMI_RECORDER");
        Assert.SkipWhen(string.IsNullOrEmpty(recorder), "GITOPS_PULUMI_RECORDER names no recorder of Pulumi programs");
        var file = _directory["record.json"];
        var start = new ProcessStartInfo("dotnet",
        [
            recorder!, "--project", Path.Combine(Infra, project), "--stack", stack, "--binary", Path.Combine(AppContext.BaseDirectory, program),
            "--secret", $"seed={Seed}", "--out", file, .. arguments,
        ])
        {
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, error);
        return JsonNode.Parse(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken))!;
    }

    private static IEnumerable<string> Urns(JsonNode record) => record["resources"]!.AsArray().Select(resource => resource!["urn"]!.GetValue<string>());

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
