using System.Globalization;
using System.Text.Json.Nodes;
using GitOps.Bundles.Reports;
using GitOps.EndToEnd.Tests.Fleet;
using GitOps.TestKit.Containers;
using GitOps.TestKit.Net;

namespace GitOps.EndToEnd.Tests;

/// <summary>A push of a Pod and a Compose file, as they are, to a real agent with a real Podman that it starts by need.</summary>
[Trait("needs", "podman")]
public sealed class ContainerTests(TestPodman podman) : IClassFixture<TestPodman>, IAsyncDisposable
{
    private const string Node = "edge-1";
    private readonly int _port = FreePort.Next();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_push_of_a_Pod_and_a_Compose_file_runs_and_outlives_the_agent()
    {
        TestPodman.Need();
        await using var fleet = new TestFleet(ControlPlaneProcess.Embedded);
        var revision = await fleet.StartAsync([], Files("hello", podman.Busybox));
        var node = await fleet.EnrolAsync(Node);
        await AllowContainersAsync(node);
        var settings = Settings();
        node.Start(more: settings);
        await fleet.ConvergedAsync(revision);
        Assert.Equal("hello\n", await GetAsync());
        var report = await fleet.ReportAsync(Node);
        Assert.Equal(["historian: db app", "shop: prepare web"],
            report!.Units.Select(u => $"{u.Id.Name}: {string.Join(' ', u.Containers.Select(c => c.Name))}"));
        Assert.All(report.Units.SelectMany(u => u.Containers), c => Assert.Equal(podman.Busybox, c.Image));
        var running = await RunningAsync();
        Assert.Equal(5, running.Count); // web, app, db, and two that hold a network

        await node.KillAsync();
        node.Start(more: settings);
        await fleet.PlanIsEmptyAsync(node);
        Assert.Equal(running, await RunningAsync());

        // An image that nobody has: what runs goes on, and the node says what it waits for.
        fleet.Git.CommitAndPush("unreachable", Files("never", $"127.0.0.1:1/nobody@sha256:{new string('a', 64)}"));
        await fleet.UntilAsync(
            async () => (await fleet.ReportAsync(Node))!.Conditions.Any(c => c is { Type: "Staged", Reason: "AGT163" }), "the node waits for an image");
        Assert.Equal(running, await RunningAsync());

        await fleet.PushAsync("changed", Files("good morning", podman.Busybox));
        Assert.Equal("good morning\n", await GetAsync());
        Assert.Equal(3, running.Intersect(await RunningAsync()).Count()); // the Compose file did not change

        await fleet.PushAsync("gone", ("apps.yaml", ""), ("shop.yaml", ""), ("compose.yaml", ""));
        await fleet.PlanIsEmptyAsync(node);
        Assert.Empty(await RunningAsync());
    }

    [Fact]
    public async Task A_pull_that_is_cut_in_the_middle_stops_nothing_and_is_held_against_no_bundle()
    {
        TestPodman.Need();
        await using var registry = await TestRegistry.StartAsync(null, Cancellation);
        await using var proxy = new FaultProxy(registry.Port);
        var published = await registry.PublishAsync("app", [await podman.BusyboxLayerAsync("cut")]);
        var image = published.Replace(registry.Repository(""), $"127.0.0.1:{proxy.Port.ToString(CultureInfo.InvariantCulture)}/", StringComparison.Ordinal);
        await using var fleet = new TestFleet(ControlPlaneProcess.Embedded);
        var revision = await fleet.StartAsync([], Files("hello", podman.Busybox));
        var node = await fleet.EnrolAsync(Node);
        await AllowContainersAsync(node);
        node.Start(more: Settings());
        await fleet.ConvergedAsync(revision);
        var running = await RunningAsync();

        proxy.CutAfter(1 << 20);
        var cut = fleet.Git.CommitAndPush("another image", Files("good morning", image));
        await fleet.UntilAsync(
            async () => (await fleet.ReportAsync(Node))!.Conditions.Any(c => c is { Type: "Staged", Reason: "AGT163" }), "the node waits for an image");
        Assert.Equal(running, await RunningAsync());
        Assert.Empty((await fleet.ReportAsync(Node))!.Quarantined);

        proxy.Cut(); // and from now on everything passes
        await fleet.ConvergedAsync(cut);
        Assert.Equal("good morning\n", await GetAsync());
        Assert.All((await fleet.ReportAsync(Node))!.Units.Single(u => u.Id.Name == "shop").Containers, c => Assert.Equal(image, c.Image));
    }

    [Fact]
    public async Task With_drift_warn_what_somebody_removes_is_reported_and_stays_away()
    {
        TestPodman.Need();
        await using var fleet = new TestFleet(ControlPlaneProcess.Embedded);
        var files = Files("hello", podman.Busybox);
        files[1].Content = files[1].Content.Replace("  compose:", "  drift: warn\n  compose:", StringComparison.Ordinal);
        files[3].Content = files[3].Content.Replace("    stop_grace_period:", "    restart: always\n    stop_grace_period:", StringComparison.Ordinal);
        var revision = await fleet.StartAsync([], files);
        var node = await fleet.EnrolAsync(Node);
        await AllowContainersAsync(node);
        node.Start(more: Settings());
        await fleet.ConvergedAsync(revision);

        await podman.RunAsync(["podman", "rm", "--force", "--time", "0", "gitops.historian.app"]);
        await fleet.UntilAsync(
            async () => (await fleet.ReportAsync(Node))!.Conditions.Any(c => c is { Type: "Drifted", Status: "True", Reason: "AGT061" }), "the removal is reported");
        await podman.RunAsync(["podman", "kill", "gitops.historian.db"]); // what ends is restarted all the same
        await fleet.UntilAsync(async () => (await RunningAsync()).Any(c => c.StartsWith("gitops.historian.db ", StringComparison.Ordinal)), "the other one runs again");
        Assert.DoesNotContain(await RunningAsync(), c => c.StartsWith("gitops.historian.app ", StringComparison.Ordinal));

        files[1].Content = files[1].Content.Replace("drift: warn", "drift: correct", StringComparison.Ordinal);
        await fleet.PushAsync("corrected", files);
        await fleet.UntilAsync(async () => (await RunningAsync()).Any(c => c.StartsWith("gitops.historian.app ", StringComparison.Ordinal)), "it is back");
    }

    [Fact]
    public async Task What_the_policy_of_the_node_does_not_allow_is_refused_by_name()
    {
        TestPodman.Need();
        await using var fleet = new TestFleet(ControlPlaneProcess.Embedded);
        await fleet.StartAsync([], Files("hello", podman.Busybox));
        var node = await fleet.EnrolAsync(Node);
        node.Start(more: ("GITOPS_AGENT_CONTAINER_ENGINE", podman.Socket));
        await fleet.UntilAsync(async () => (await fleet.ReportAsync(Node))?.Phase == NodePhase.Failed, "the bundle is refused");
        var refused = Assert.Single((await fleet.ReportAsync(Node))!.Quarantined);
        Assert.Contains("AGT160", refused.Reason, StringComparison.Ordinal);
        Assert.Contains("the image 'localhost/busybox' is none of []", refused.Reason, StringComparison.Ordinal);
        Assert.Empty(await RunningAsync());
    }

    public async ValueTask DisposeAsync() => await podman.RemoveContainersAsync();

    /// <summary>An agent that starts Podman by need.</summary>
    private (string, string)[] Settings() =>
    [
        ("GITOPS_AGENT_CONTAINER_ENGINE", "podman"),
        ("GITOPS_AGENT_IMAGE_RESERVE_BYTES", "0"),
        ("PATH", $"{podman.ProgramFolder}:{Environment.GetEnvironmentVariable("PATH")}"),
    ];

    private (string Path, string Content)[] Files(string greeting, string image) =>
    [
        ("fleet.yaml", Yaml.Fleet() + Yaml.Node(Node, "/")),
        ("apps.yaml", """
            apiVersion: gitops.edge/v1
            kind: Workload
            metadata: {name: shop}
            spec:
              placement: {all: true}
              pod: {source: [./shop.yaml]}
            ---
            apiVersion: gitops.edge/v1
            kind: Workload
            metadata: {name: historian}
            spec:
              placement: {all: true}
              compose: {source: ./compose.yaml}

            """),
        ("shop.yaml", $"""
            apiVersion: v1
            kind: ConfigMap
            metadata: {Braced("name: shop")}
            data:
              greeting: "{greeting}\n"
            ---
            apiVersion: v1
            kind: Pod
            metadata: {Braced("name: shop")}
            spec:
              terminationGracePeriodSeconds: 1
              volumes:
                - name: config
                  configMap: {Braced("name: shop")}
                - name: pages
                  emptyDir: {Braced("")}
              initContainers:
                - name: prepare
                  image: {image}
                  command: [sh, -c, "cat /config/greeting >/pages/index.html"]
                  volumeMounts:
                    - {Braced("name: config, mountPath: /config")}
                    - {Braced("name: pages, mountPath: /pages")}
              containers:
                - name: web
                  image: {image}
                  command: [httpd, -f, -p, "8080", -h, /pages]
                  ports:
                    - {Braced($"containerPort: 8080, hostPort: {_port}")}
                  volumeMounts:
                    - {Braced("name: pages, mountPath: /pages, readOnly: true")}
                  livenessProbe:
                    httpGet: {Braced("path: /, port: 8080")}
                    periodSeconds: 5
                    timeoutSeconds: 5

            """),
        ("compose.yaml", $"""
            services:
              app:
                image: {podman.Busybox}
                command: [sh, -c, "wget -q -O - http://db:8086/mark && sleep 100000"]
                stop_grace_period: 1s
                depends_on:
                  db: {Braced("condition: service_healthy")}
              db:
                image: {podman.Busybox}
                command: [httpd, -f, -p, "8086", -h, /]
                stop_grace_period: 1s
                healthcheck:
                  test: [CMD, wget, -q, -O, /dev/null, "http://127.0.0.1:8086/mark"]
                  interval: 2s
                  timeout: 10s

            """),
    ];

    private static string Braced(string flow) => "{" + flow + "}";

    private static async Task AllowContainersAsync(TestNode node)
    {
        var path = $"{node.Identity}/policy.json";
        var policy = JsonNode.Parse(await File.ReadAllTextAsync(path, Cancellation))!;
        policy["containers"] = new JsonObject { ["images"] = new JsonArray("localhost/*", "127.0.0.1:*") };
        await File.WriteAllTextAsync(path, policy.ToString(), Cancellation);
    }

    private async Task<string> GetAsync()
    {
        using var http = new HttpClient();
        return await http.GetStringAsync(new Uri($"http://127.0.0.1:{_port}/"), Cancellation);
    }

    /// <summary>Names, ids and starts of the agent's containers that run.</summary>
    private async Task<IReadOnlyList<string>> RunningAsync() =>
        [.. (await podman.RunAsync(["podman", "ps", "--no-trunc", "--filter", "label=gitops.node", "--format", "{{.Names}} {{.ID}} {{.StartedAt}}"]))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal)];
}
