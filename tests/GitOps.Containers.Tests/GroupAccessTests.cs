using GitOps.Agent.Planning;
using GitOps.Bundles;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;
using GitOps.TestKit;
using GitOps.TestKit.Containers;
using static GitOps.Containers.Tests.GroupRig;

namespace GitOps.Containers.Tests;

/// <summary>What containers get of the node, on a real Podman.</summary>
[Trait("needs", "podman")]
[Collection(nameof(PodmanTests))]
public sealed class PodmanGroupAccessTests(TestPodman podman) : GroupAccessTests(podman);

/// <summary>The same on a real Docker.</summary>
[Trait("needs", "docker.io")]
[Collection(nameof(DockerTests))]
public sealed class DockerGroupAccessTests(TestDocker docker) : GroupAccessTests(docker);

/// <summary>What containers get of the node: its secrets, paths and devices, and no more than that.</summary>
public abstract class GroupAccessTests(TestEngine engine)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_secret_of_the_node_gets_into_the_environment_and_nowhere_else()
    {
        using var state = new TempDirectory();
        await using var rig = new GroupRig(engine, state.Path, nameof(A_secret_of_the_node_gets_into_the_environment_and_nowhere_else));
        const string Secret = "open sesame";
        var file = state["secret"];
        var unit = Group("vault", Shell("app", engine.Busybox, Forever) with
        {
            Env = [new EnvironmentVariable("PASSWORD", [new ContentPart.Text("<"), new ContentPart.Secret("db", "password", Digest.Of("1"u8), file), new ContentPart.Text(">")])],
        });

        // Without it nothing is made, and the node says what it waits for.
        var waiting = await rig.Runner.UntilAsync(unit, null, plan => !plan.Holds.IsEmpty, Cancellation);
        Assert.Contains("db/password", waiting.Holds[0].What, StringComparison.Ordinal);
        Assert.Empty(await rig.RunningAsync("vault", Cancellation));
        await File.WriteAllTextAsync(file, $"{Secret}\n", Cancellation);
        await rig.Runner.UntilReadyAsync(unit, Cancellation);
        Assert.Equal($"<{Secret}>\n", await engine.RunAsync([TestEngine.Itself, "exec", "gitops.vault.app", "sh", "-c", "echo \"$PASSWORD\""]));

        var report = rig.Driver.Contribute(Reports.Of(unit.Id));
        Assert.DoesNotContain(Secret, System.Text.Encoding.UTF8.GetString(ReportJson.Write(report)), StringComparison.Ordinal);
        Assert.All(Directory.EnumerateFiles(state.Path, "*", SearchOption.AllDirectories).Where(path => path != file && !path.EndsWith(".sock", StringComparison.Ordinal)),
            path => Assert.DoesNotContain(Secret, File.ReadAllText(path), StringComparison.Ordinal));
        await rig.Runner.UntilAsync(null, unit, plan => plan.Steps.IsEmpty, Cancellation);
    }

    [Fact]
    public async Task A_path_of_the_node_is_mounted_as_it_was_asked_for_and_no_link_leads_out()
    {
        using var state = new TempDirectory();
        await using var rig = new GroupRig(engine, state.Path, nameof(A_path_of_the_node_is_mounted_as_it_was_asked_for_and_no_link_leads_out));
        Directory.CreateDirectory(state["host/data"]);
        Directory.CreateDirectory(state["outside"]);
        await File.WriteAllTextAsync(state["host/data/page"], "hello", Cancellation);
        await File.WriteAllTextAsync(state["outside/page"], "not yours", Cancellation);
        File.CreateSymbolicLink(state["host/link"], state["outside"]);
        Unit Mounting(string path, HostPathKind kind) => new("paths", new WorkloadSpec
        {
            Containers = new ContainerGroupSpec
            {
                Containers =
                [
                    Shell("app", engine.Busybox, Forever) with
                    {
                        Mounts = [new ContainerMount("data", "/read") { ReadOnly = true }, new ContainerMount("data", "/write")],
                    },
                ],
                Volumes = [new GroupVolume("data") { Host = new HostVolume(path) { Kind = kind } }],
            },
        });

        async Task RefusedAsync(string path, HostPathKind kind)
        {
            var unit = Mounting(path, kind);
            await rig.Runner.UntilAsync(unit, null, _ => rig.Runner.LastFailure is StepOutcome.Retry { Problem.Code: "AGT168" }, Cancellation);
            Assert.DoesNotContain("app", await rig.RunningAsync("paths", Cancellation));
            await rig.Runner.UntilAsync(null, unit, plan => plan.Steps.IsEmpty, Cancellation);
            rig.Runner.LastFailure = null;
        }

        await RefusedAsync(state["host/link"], HostPathKind.Any);
        await RefusedAsync(state["host/link/deeper"], HostPathKind.DirectoryOrCreate);
        await RefusedAsync(state["host/nothing"], HostPathKind.Any);
        await RefusedAsync(state["host/data"], HostPathKind.File);
        await RefusedAsync(state["outside"], HostPathKind.Directory); // beneath no root
        Assert.False(Directory.Exists(state["outside/deeper"]));

        var unit = Mounting(state["host/data"], HostPathKind.Directory);
        await rig.Runner.UntilReadyAsync(unit, Cancellation);
        Assert.Equal("hello", await engine.RunAsync([TestEngine.Itself, "exec", "gitops.paths.app", "cat", "/read/page"]));
        Assert.False((await engine.TryAsync([TestEngine.Itself, "exec", "gitops.paths.app", "touch", "/read/new"])).Succeeded);
        await engine.RunAsync([TestEngine.Itself, "exec", "gitops.paths.app", "touch", "/write/new"]);
        Assert.True(File.Exists(state["host/data/new"]));
        await rig.Runner.UntilAsync(null, unit, plan => plan.Steps.IsEmpty, Cancellation);
        Assert.True(File.Exists(state["host/data/page"])); // the node's own: it stays

        var made = Mounting(state["host/made"], HostPathKind.DirectoryOrCreate);
        await rig.Runner.UntilReadyAsync(made, Cancellation);
        Assert.True(Directory.Exists(state["host/made"]));
        await rig.Runner.UntilAsync(null, made, plan => plan.Steps.IsEmpty, Cancellation);
    }

    [Fact]
    public async Task A_device_of_the_node_is_there_and_one_that_is_unplugged_is_waited_for()
    {
        using var state = new TempDirectory();
        await using var rig = new GroupRig(engine, state.Path, nameof(A_device_of_the_node_is_there_and_one_that_is_unplugged_is_waited_for));
        var device = state["tty"];
        var unit = Group("plugged",
            Shell("app", engine.Busybox, Forever) with { Security = new ContainerSecurity { Devices = [device] } },
            Shell("other", engine.Busybox, Forever));

        await rig.Runner.UntilAsync(unit, null, _ => rig.Runner.LastFailure is StepOutcome.Retry, Cancellation);
        var away = Assert.IsType<StepOutcome.Retry>(rig.Runner.LastFailure);
        Assert.Equal(FailureCause.Environment, away.Cause); // a cable is no fault of a bundle
        Assert.Equal("AGT168", away.Problem.Code);
        Assert.Contains(device, away.Problem.What, StringComparison.Ordinal);

        await engine.RunAsync(["mknod", device, "c", "1", "5"]); // what reads as zeros
        await rig.Runner.UntilReadyAsync(unit, Cancellation);
        Assert.Equal("4\n", await engine.RunAsync(
            [TestEngine.Itself, "exec", "gitops.plugged.app", "sh", "-c", $"busybox head -c 4 {device} | busybox wc -c"]));
        Assert.False((await engine.TryAsync([TestEngine.Itself, "exec", "gitops.plugged.other", "test", "-e", device])).Succeeded);
        await rig.Runner.UntilAsync(null, unit, plan => plan.Steps.IsEmpty, Cancellation);
    }
}
