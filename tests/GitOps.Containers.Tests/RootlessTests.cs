using System.Globalization;
using GitOps.Agent.Planning;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.TestKit;
using GitOps.TestKit.Containers;
using GitOps.TestKit.Net;
using static GitOps.Containers.Tests.GroupRig;

namespace GitOps.Containers.Tests;

/// <summary>Groups of containers on a Podman that is not root.</summary>
[Trait("needs", "podman")]
public sealed class RootlessTests(TestRootlessPodman podman) : IClassFixture<TestRootlessPodman>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_group_has_a_network_of_its_own_and_a_port_of_the_node()
    {
        using var state = new TempDirectory();
        await using var rig = new GroupRig(podman, state.Path, nameof(A_group_has_a_network_of_its_own_and_a_port_of_the_node));
        var port = FreePort.Next();
        var unit = Group("humble",
            Shell("web", podman.Busybox, $"httpd -p 8500 -h /; {Forever}") with { Ports = [new ContainerPort(8500) { HostPort = port }] },
            Shell("reader", podman.Busybox, Forever) with
            {
                Readiness = new ContainerProbe
                {
                    Exec = new ExecProbe(["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:8500/mark"]),
                    PeriodMs = 200,
                    TimeoutMs = 10_000,
                    FailureThreshold = 1_000,
                },
            });
        await rig.Runner.UntilReadyAsync(unit, Cancellation);
        Assert.Equal(["", "reader", "web"], (await rig.RunningAsync("humble", Cancellation)).Keys.Order());
        using var http = new HttpClient();
        Assert.Equal("rootless", await http.GetStringAsync(new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}/mark")), Cancellation));

        await podman.RunAsync([TestEngine.Itself, "kill", "gitops.humble.web"]);
        await rig.Runner.UntilAsync(unit, null, _ => rig.Notes.Any(note => note.Code == "AGT166"), Cancellation);
        await rig.Runner.UntilReadyAsync(unit, Cancellation);
        await rig.Runner.UntilAsync(null, unit, plan => plan.Steps.IsEmpty, Cancellation);
        Assert.Empty(await podman.RunAsync([TestEngine.Itself, "ps", "--all", "--quiet"]));
    }

    [Fact]
    public async Task A_limit_that_nobody_would_keep_is_refused_by_name_before_anything_is_touched()
    {
        using var state = new TempDirectory();
        await using var rig = new GroupRig(podman, state.Path, nameof(A_limit_that_nobody_would_keep_is_refused_by_name_before_anything_is_touched));
        var bundle = Bundle.Of([Group("bounded", Shell("hungry", podman.Busybox, Forever) with { Resources = new ResourceLimits { MemoryBytes = 64 << 20 } })]);
        var isKept = (await rig.Engine.FeaturesAsync(Cancellation)).Features.LimitsMemory;
        var isVersion1 = (await podman.RunAsync([TestEngine.Itself, "info", "--format", "{{.Host.CgroupsVersion}}"])).Trim() == "v1";
        Assert.False(isVersion1 && isKept); // with version 1 Podman says that it has limits, and ignores them

        var outcome = await rig.Staging.StageAsync(bundle, Cancellation);
        if (isKept)
        {
            Assert.IsType<StagingOutcome.Done>(outcome);
        }
        else
        {
            var problem = Assert.Single(Assert.IsType<StagingOutcome.Refused>(outcome).Problems).Problem;
            Assert.Equal("AGT161", problem.Code);
            Assert.Contains("workload/bounded: container 'hungry' has a memory limit", problem.What, StringComparison.Ordinal);
        }

        Assert.Empty(await podman.RunAsync([TestEngine.Itself, "ps", "--all", "--quiet"]));
    }
}
