using System.Globalization;
using System.Text;
using GitOps.Agent.Host.Containers;
using GitOps.Agent.Planning;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;
using GitOps.TestKit;
using GitOps.TestKit.Containers;
using GitOps.TestKit.Net;
using static GitOps.Containers.Tests.GroupRig;

namespace GitOps.Containers.Tests;

/// <summary>Images of a real registry, brought here by a real Podman.</summary>
[Trait("needs", "podman")]
[Collection(nameof(PodmanTests))]
public sealed class ImageTests(TestPodman podman)
{
    // htpasswd -nbB ada lovelace, cost 4
    private const string Login = "ada:$2y$04$4QdCQYLg9hZE8anZ5.azNudX3blyB1cMSzHUcQrV3nKZVwUfBsyMe";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_named_is_pulled_before_and_removed_when_no_bundle_names_it()
    {
        using var state = new TempDirectory();
        await using var rig = new GroupRig(podman, state.Path, nameof(What_is_named_is_pulled_before_and_removed_when_no_bundle_names_it));
        await using var registry = await TestRegistry.StartAsync(null, Cancellation);
        var (first, second) = (await PublishAsync(registry, "one"), await PublishAsync(registry, "two"));
        var (before, after) = (BundleOf(first), BundleOf(second));

        Assert.IsType<StagingOutcome.Done>(await rig.Staging.StageAsync(before, Cancellation));
        Assert.NotNull(await rig.Engine.FindImageAsync(first, Cancellation));
        await registry.StopAsync();
        // What is here needs no registry, and one that is away is the environment's fault.
        Assert.IsType<StagingOutcome.Done>(await rig.Staging.StageAsync(before, Cancellation));
        var failed = Assert.IsType<StagingOutcome.Failed>(await rig.Staging.StageAsync(after, Cancellation));
        Assert.Equal("AGT163", failed.Problem.Code);
        Assert.Contains(second, failed.Problem.What, StringComparison.Ordinal);

        await registry.StartAgainAsync(Cancellation);
        Assert.IsType<StagingOutcome.Done>(await rig.Staging.StageAsync(after, Cancellation));
        rig.Staging.Keep([before, after]);
        await rig.Staging.Collected;
        Assert.NotNull(await rig.Engine.FindImageAsync(first, Cancellation));
        rig.Staging.Keep([after]);
        await rig.Staging.Collected;
        Assert.Null(await rig.Engine.FindImageAsync(first, Cancellation));
        Assert.NotNull(await rig.Engine.FindImageAsync(second, Cancellation));
        Assert.NotNull(await rig.Engine.FindImageAsync(podman.Busybox, Cancellation)); // not ours: never removed
    }

    [Fact]
    public async Task An_image_counts_for_what_the_site_says_of_its_link()
    {
        using var state = new TempDirectory();
        await using var rig = new GroupRig(podman, state.Path, nameof(An_image_counts_for_what_the_site_says_of_its_link));
        await using var registry = await TestRegistry.StartAsync(null, Cancellation);
        var (first, second) = (await PublishAsync(registry, "counted"), await PublishAsync(registry, "held"));
        Assert.IsType<StagingOutcome.Done>(await rig.Staging.StageAsync(Under(new DownloadBudget(1000, 30), first), Cancellation));
        var held = Assert.IsType<StagingOutcome.Failed>(await rig.Staging.StageAsync(Under(new DownloadBudget(1000, 30), second), Cancellation));
        Assert.Equal("AGT060", held.Problem.Code);
        Assert.Contains("as Site 'hall' counts", held.Problem.What, StringComparison.Ordinal);
        Assert.IsType<StagingOutcome.Done>(await rig.Staging.StageAsync(Under(new DownloadBudget(1L << 40, 30), second), Cancellation));

        static Bundle Under(DownloadBudget budget, string image) =>
            Bundle.Of([.. BundleOf(image).Units, new Unit("hall", new UplinkSpec { Budget = budget })]);
    }

    [Fact]
    public async Task A_private_registry_asks_for_the_login_of_the_node()
    {
        using var state = new TempDirectory();
        await using var registry = await TestRegistry.StartAsync(Login, Cancellation);
        var image = await PublishAsync(registry, "private", "ada:lovelace");
        var logins = state["logins.json"];
        await using var rig = new GroupRig(podman, state.Path, nameof(A_private_registry_asks_for_the_login_of_the_node), logins: logins);

        async Task<Problem> FailAsync() => Assert.IsType<StagingOutcome.Failed>(await rig.Staging.StageAsync(BundleOf(image), Cancellation)).Problem;
        Assert.Contains("there is no such file", (await FailAsync()).What, StringComparison.Ordinal);
        await File.WriteAllTextAsync(logins, "{}", Cancellation);
        DiskFileLayer.Host.SetMode(logins, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        Assert.Contains("others may read", (await FailAsync()).What, StringComparison.Ordinal);
        DiskFileLayer.Host.SetMode(logins, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Assert.Equal("AGT163", (await FailAsync()).Code);

        var auth = Convert.ToBase64String(Encoding.UTF8.GetBytes("ada:lovelace"));
        var host = registry.Repository("").TrimEnd('/');
        await File.WriteAllTextAsync(logins, $$"""{"auths": { "{{host}}": { "auth": "{{auth}}" } } }""", Cancellation);
        Assert.IsType<StagingOutcome.Done>(await rig.Staging.StageAsync(BundleOf(image), Cancellation));
    }

    [Fact]
    public async Task A_disk_below_its_reserve_takes_no_image()
    {
        using var state = new TempDirectory();
        await using var registry = await TestRegistry.StartAsync(null, Cancellation);
        var image = await PublishAsync(registry, "large");
        await using var rig = new GroupRig(podman, state.Path, nameof(A_disk_below_its_reserve_takes_no_image), reserve: long.MaxValue);
        var failed = Assert.IsType<StagingOutcome.Failed>(await rig.Staging.StageAsync(BundleOf(image), Cancellation));
        Assert.Equal("AGT037", failed.Problem.Code);
        Assert.Null(await rig.Engine.FindImageAsync(image, Cancellation));
    }

    [Fact]
    public async Task A_pull_that_is_cut_in_the_middle_ends_well_once_the_network_does()
    {
        using var state = new TempDirectory();
        await using var rig = new GroupRig(podman, state.Path, nameof(A_pull_that_is_cut_in_the_middle_ends_well_once_the_network_does));
        await using var registry = await TestRegistry.StartAsync(null, Cancellation);
        await using var proxy = new FaultProxy(registry.Port);
        const int Small = 1 << 20, Large = 8 << 20;
        var published = await registry.PublishAsync("cut", [TestRegistry.LayerOf("small", Small), TestRegistry.LayerOf("large", Large)]);
        var image = published.Replace(registry.Repository(""), $"127.0.0.1:{proxy.Port.ToString(CultureInfo.InvariantCulture)}/", StringComparison.Ordinal);
        for (var cut = 0; cut < 2; cut++)
        {
            proxy.CutAfter(Small + (Large / 2));
            var failed = Assert.IsType<StagingOutcome.Failed>(await rig.Staging.StageAsync(BundleOf(image), Cancellation)); // the environment's fault
            Assert.Equal("AGT163", failed.Problem.Code);
            Assert.Null(await rig.Engine.FindImageAsync(image, Cancellation));
        }

        var before = proxy.BytesPassed;
        proxy.Cut();
        Assert.IsType<StagingOutcome.Done>(await rig.Staging.StageAsync(BundleOf(image), Cancellation));
        Assert.NotNull(await rig.Engine.FindImageAsync(image, Cancellation));
        TestContext.Current.SendDiagnosticMessage($"of {Small + Large} bytes {proxy.BytesPassed - before} came with the last pull");
    }

    [Fact]
    public async Task An_engine_is_started_by_need_and_one_that_is_away_is_waited_for()
    {
        using var state = new TempDirectory();
        var unit = Group("need", Shell("a", podman.Busybox, "trap 'exit 0' TERM; while :; do sleep 0.1; done"));
        await using (var away = new GroupRig(podman, state.Path, "need", new EngineChoice([state["nobody.sock"]], null)))
        {
            var plan = await away.Runner.TurnAsync(unit, null, Cancellation);
            Assert.Equal(FailureCause.Environment, Assert.IsType<UnitStatus.Unhealthy>(plan.Status).Cause);
            Assert.Equal("AGT162", Assert.IsType<StagingOutcome.Failed>(await away.Staging.StageAsync(Bundle.Of([unit]), Cancellation)).Problem.Code);
        }

        await using var rig = new GroupRig(podman, state.Path, "need", new EngineChoice([], $"{podman.ProgramFolder}/podman"));
        await rig.Runner.UntilReadyAsync(unit, Cancellation);
        await rig.Runner.UntilAsync(null, unit, plan => plan.Steps.IsEmpty, Cancellation);
        Assert.True(File.Exists(state["control/engine.sock"]));
    }

    private static Bundle BundleOf(string image) => Bundle.Of([Group("app", Shell("a", image, "sleep 1"))]);

    /// <summary>An image that is in the registry, and not here.</summary>
    private static Task<string> PublishAsync(TestRegistry registry, string name, string? login = null) =>
        registry.PublishAsync(name, [TestRegistry.LayerOf(name)], login);
}
