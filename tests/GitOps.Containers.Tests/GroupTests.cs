using GitOps.Agent.Containers;
using GitOps.Agent.Host.Logs;
using GitOps.Agent.Planning;
using GitOps.Bundles.Units;
using GitOps.TestKit;
using GitOps.TestKit.Containers;
using static GitOps.Containers.Tests.GroupRig;

namespace GitOps.Containers.Tests;

/// <summary>Groups of containers on a real Podman.</summary>
[Trait("needs", "podman")]
[Collection(nameof(PodmanTests))]
public sealed class PodmanGroupTests(TestPodman podman) : GroupTests(podman);

/// <summary>The same on a real Docker.</summary>
[Trait("needs", "docker.io")]
[Collection(nameof(DockerTests))]
public sealed class DockerGroupTests(TestDocker docker) : GroupTests(docker);

/// <summary>Groups of containers on a real engine.</summary>
public abstract class GroupTests(TestEngine engine)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_pod_with_an_init_container_and_files_runs_and_leaves_nothing_behind()
    {
        using var state = new TempDirectory();
        await using var rig = new GroupRig(engine, state.Path, nameof(A_pod_with_an_init_container_and_files_runs_and_leaves_nothing_behind));
        var unit = new Unit("shop", new WorkloadSpec
        {
            Containers = new ContainerGroupSpec
            {
                Hostname = "till",
                HostAliases = [new HostAlias("127.0.0.1", ["web", "db"])],
                Init = [Shell("prepare", engine.Busybox, "cat /config/greeting >/work/page && echo $WHO >>/work/page") with
                {
                    Env = [new EnvironmentVariable("WHO", [new ContentPart.Text("Ada")])],
                    Mounts = [new ContainerMount("work", "/work"), new ContainerMount("config", "/config") { ReadOnly = true }],
                }],
                Containers =
                [
                    Shell("web", engine.Busybox, $"hostname >/fast/name; cat /etc/hosts >/fast/hosts; cat /work/page >/fast/page; {Forever}") with
                    {
                        Mounts = [new ContainerMount("work", "/work"), new ContainerMount("web:/fast", "/fast"), new ContainerMount("config", "/one") { SubPath = "deep" }],
                        Resources = new ResourceLimits { CpuMillis = 500, MemoryBytes = 64 << 20, Pids = 40 },
                    },
                    Shell("reader", engine.Busybox, Forever) with { Mounts = [new ContainerMount("web:/fast", "/seen")] },
                ],
                Volumes =
                [
                    new GroupVolume("config")
                    {
                        Files = [new UnitFile("deep/er", [new ContentPart.Text("x")]), new UnitFile("greeting", [new ContentPart.Text("hello\n")])],
                    },
                    new GroupVolume("web:/fast") { Scratch = new ScratchVolume { InMemory = true, LimitBytes = 1 << 20 } },
                    new GroupVolume("work") { Scratch = new ScratchVolume { LimitBytes = 1 << 20 } },
                ],
            },
        });

        await rig.Runner.UntilReadyAsync(unit, Cancellation);
        Assert.Equal(["", "reader", "web"], (await rig.RunningAsync("shop", Cancellation)).Keys.Order());
        Assert.Equal("hello\nAda\n", await engine.RunAsync([TestEngine.Itself, "exec", "gitops.shop.reader", "cat", "/seen/page"]));
        Assert.Equal("till\n", await engine.RunAsync([TestEngine.Itself, "exec", "gitops.shop.reader", "cat", "/seen/name"]));
        Assert.Contains("127.0.0.1\tdb", await engine.RunAsync([TestEngine.Itself, "exec", "gitops.shop.reader", "cat", "/seen/hosts"]), StringComparison.Ordinal);
        Assert.Equal("x", await engine.RunAsync([TestEngine.Itself, "exec", "gitops.shop.web", "cat", "/one/er"]));
        // In memory, and bounded: two MiB do not fit into one.
        Assert.False((await engine.TryAsync([TestEngine.Itself, "exec", "gitops.shop.web", "sh", "-c", "busybox dd if=/dev/zero of=/fast/big bs=1M count=2"])).Succeeded);
        Assert.Equal("67108864 500000000 40", (await engine.RunAsync(
            [TestEngine.Itself, "inspect", "--format", "{{.HostConfig.Memory}} {{.HostConfig.NanoCpus}} {{.HostConfig.PidsLimit}}", "gitops.shop.web"])).Trim());

        await rig.Runner.UntilAsync(null, unit, plan => plan.Steps.IsEmpty, Cancellation);
        Assert.Empty(await engine.RunAsync([TestEngine.Itself, "ps", "--all", "--quiet", "--filter", "label=gitops.unit=shop"]));
        Assert.Empty(await engine.RunAsync([TestEngine.Itself, "volume", "ls", "--quiet"]));
        Assert.Empty(Directory.GetFileSystemEntries(state["units"]).Concat(Directory.GetFileSystemEntries(state["containers"])));
    }

    [Fact]
    public async Task A_container_waits_for_one_that_is_healthy()
    {
        using var state = new TempDirectory();
        await using var rig = new GroupRig(engine, state.Path, nameof(A_container_waits_for_one_that_is_healthy));
        var unit = Group("two",
            Shell("app", engine.Busybox, Forever) with { DependsOn = [new ContainerDependency("db", ContainerCondition.Healthy)] },
            Shell("db", engine.Busybox, $"(while ! test -e /open; do sleep 0.1; done; httpd -p 127.0.0.1:8500 -h /) & {Forever}") with
            {
                Readiness = new ContainerProbe { Http = new ContainerHttpProbe(8500, "/mark"), PeriodMs = 100, TimeoutMs = 5_000, FailureThreshold = 1_000_000 },
            });

        var waiting = await rig.Runner.UntilAsync(unit, null, plan => plan.Holds.Any(h => h.What == "container 'db'") && plan.Steps.IsEmpty, Cancellation);
        Assert.IsType<UnitStatus.Progressing>(waiting.Status);
        Assert.DoesNotContain("app", await rig.RunningAsync("two", Cancellation));
        await engine.RunAsync([TestEngine.Itself, "exec", "gitops.two.db", "touch", "/open"]);
        await rig.Runner.UntilReadyAsync(unit, Cancellation);
        Assert.Contains("app", await rig.RunningAsync("two", Cancellation));
        await rig.Runner.UntilAsync(null, unit, plan => plan.Steps.IsEmpty, Cancellation);
    }

    [Fact]
    public async Task A_liveness_that_fails_restarts_that_container_and_no_other()
    {
        using var state = new TempDirectory();
        await using var rig = new GroupRig(engine, state.Path, nameof(A_liveness_that_fails_restarts_that_container_and_no_other));
        var unit = Group("live",
            Shell("sick", engine.Busybox, $"rm -f /dead; {Forever}") with
            {
                Liveness = new ContainerProbe { Exec = new ExecProbe(["test", "!", "-e", "/dead"]), PeriodMs = 200, TimeoutMs = 20_000, FailureThreshold = 2 },
            },
            Shell("well", engine.Busybox, Forever));
        await rig.Runner.UntilReadyAsync(unit, Cancellation);
        var before = await rig.RunningAsync("live", Cancellation);

        await engine.RunAsync([TestEngine.Itself, "exec", "gitops.live.sick", "touch", "/dead"]);
        await rig.Runner.UntilAsync(unit, null, plan => plan.Status is UnitStatus.Unhealthy, Cancellation);
        await rig.Runner.UntilReadyAsync(unit, Cancellation);
        var after = await rig.RunningAsync("live", Cancellation);
        Assert.Equal((before["well"], before[""]), (after["well"], after[""]));
        Assert.NotEqual(before["sick"], after["sick"]);
        Assert.Contains(rig.Notes, note => note.Code == "AGT166" && note.What.Contains("'sick' was restarted: its liveness failed", StringComparison.Ordinal));
        await rig.Runner.UntilAsync(null, unit, plan => plan.Steps.IsEmpty, Cancellation);
    }

    [Fact]
    public async Task A_probe_of_a_log_holds_once_a_container_has_written_the_line_since_it_started()
    {
        using var state = new TempDirectory();
        await using var rig = new GroupRig(engine, state.Path, nameof(A_probe_of_a_log_holds_once_a_container_has_written_the_line_since_it_started));
        var unit = Group("says",
            Shell("quiet", engine.Busybox, Forever),
            Shell("app", engine.Busybox, $"echo starting; while ! test -e /open; do sleep 0.1; done; rm /open; echo 'now it is ready to serve'; {Forever}"))
            with
        {
            Probes = [new Probe("started") { Log = new LogProbe("is ready"), PeriodMs = 100, FailureThreshold = 2 }],
        };

        Task<PlannedUnit> UntilItSaysNothingAsync() => rig.Runner.UntilAsync(unit, null, plan =>
            plan.Status is UnitStatus.Unhealthy { Message: var message } && message.Contains("no line of its containers' logs has 'is ready' yet", StringComparison.Ordinal),
            Cancellation);
        Task LetItSpeakAsync() => engine.RunAsync([TestEngine.Itself, "exec", "gitops.says.app", "touch", "/open"]);

        await UntilItSaysNothingAsync();
        await LetItSpeakAsync();
        await rig.Runner.UntilReadyAsync(unit, Cancellation);
        // What the run before wrote is still in the engine's log, and says nothing about this run.
        await engine.RunAsync([TestEngine.Itself, "kill", "gitops.says.app"]);
        await UntilItSaysNothingAsync();
        await LetItSpeakAsync();
        await rig.Runner.UntilReadyAsync(unit, Cancellation);
        await rig.Runner.UntilAsync(null, unit, plan => plan.Steps.IsEmpty, Cancellation);
    }

    [Fact]
    public async Task What_ends_is_restarted_and_its_last_lines_are_kept()
    {
        using var state = new TempDirectory();
        await using var rig = new GroupRig(engine, state.Path, nameof(What_ends_is_restarted_and_its_last_lines_are_kept));
        var unit = Group("ends", Shell("job", engine.Busybox, "echo so far; echo 'no more' >&2; sleep 0.3; exit 7") with { Restart = RestartPolicy.OnFailure });
        await rig.Runner.UntilAsync(unit, null, plan => plan.Status is UnitStatus.Unhealthy, Cancellation);
        await Eventually.BecomesTrue(async () =>
        {
            await rig.Runner.TurnAsync(unit, null, Cancellation);
            return rig.Notes.Count >= 2;
        }, TimeSpan.FromSeconds(60), Cancellation);

        Assert.Contains("container 'job' exited with 7", rig.Notes.First().What, StringComparison.Ordinal);
        // Docker reads output and error each on its own: which line comes first is not known.
        Assert.Contains("so far", rig.Notes.First().What, StringComparison.Ordinal);
        Assert.Contains("no more", rig.Notes.First().What, StringComparison.Ordinal);
        var report = rig.Driver.Contribute(Reports.Of(unit.Id));
        var container = Assert.Single(Assert.Single(report.Units).Containers);
        Assert.Equal(engine.Busybox, container.Image);
        Assert.True(container.Restarts >= 1);
        Assert.Equal(7, container.LastEnd!.ExitCode);
        Assert.Equal(["no more", "so far"], container.LastEnd.LastLines.TakeLast(2).Order(StringComparer.Ordinal));
        var lines = await rig.Logs.ReadAsync(unit, null, 100, Cancellation);
        Assert.Contains(lines, line => line is { Container: "job", Text: "no more" });
        Assert.Contains("exited with 7", rig.Logs.Ends("ends", "job").First().Text, StringComparison.Ordinal);
        List<string> followed = [];
        await foreach (var bytes in rig.Logs.ReadAsync(unit, new LogQuery(100, Follow: true), Cancellation)) // until the container has ended
        {
            followed.Add(System.Text.Encoding.UTF8.GetString(bytes.Span));
        }

        Assert.Contains("job: so far\n", followed);
        await rig.Runner.UntilAsync(null, unit, plan => plan.Steps.IsEmpty, Cancellation);
    }

    [Fact]
    public async Task An_agent_that_comes_back_touches_nothing_and_restarts_what_ended_meanwhile()
    {
        using var state = new TempDirectory();
        const string Node = nameof(An_agent_that_comes_back_touches_nothing_and_restarts_what_ended_meanwhile);
        var unit = Group("stays", Shell("a", engine.Busybox, Forever), Shell("b", engine.Busybox, Forever));
        IReadOnlyDictionary<string, string> before;
        await using (var first = new GroupRig(engine, state.Path, Node))
        {
            await first.Runner.UntilReadyAsync(unit, Cancellation);
            before = await first.RunningAsync("stays", Cancellation);
        }

        await using (var second = new GroupRig(engine, state.Path, Node))
        {
            var plan = await second.Runner.TurnAsync(unit, unit, Cancellation);
            Assert.True(plan is { Status: UnitStatus.Ready, Steps.IsEmpty: true }, $"{plan.Status}");
            Assert.Equal(before, await second.RunningAsync("stays", Cancellation));
        }

        await engine.RunAsync([TestEngine.Itself, "kill", "gitops.stays.b"]);
        await using var third = new GroupRig(engine, state.Path, Node);
        await third.Runner.UntilReadyAsync(unit, Cancellation);
        var after = await third.RunningAsync("stays", Cancellation);
        Assert.Equal((before["a"], before[""]), (after["a"], after[""]));
        Assert.NotEqual(before["b"], after["b"]);
        await third.Runner.UntilAsync(null, unit, plan => plan.Steps.IsEmpty, Cancellation);
    }

    [Fact]
    public async Task What_a_hand_removes_or_stops_comes_back()
    {
        using var state = new TempDirectory();
        await using var rig = new GroupRig(engine, state.Path, nameof(What_a_hand_removes_or_stops_comes_back));
        var woken = 0;
        rig.Driver.Wake = () => Interlocked.Increment(ref woken);
        var unit = Group("drift", Shell("a", engine.Busybox, Forever), Shell("b", engine.Busybox, Forever));
        await rig.Runner.UntilReadyAsync(unit, Cancellation);
        var before = await rig.RunningAsync("drift", Cancellation);

        await engine.RunAsync([TestEngine.Itself, "rm", "--force", "--time", "0", "gitops.drift.a"]);
        await Eventually.BecomesTrue(() => Volatile.Read(ref woken) > 0, TimeSpan.FromSeconds(30), Cancellation);
        await rig.Runner.UntilReadyAsync(unit, Cancellation);
        var after = await rig.RunningAsync("drift", Cancellation);
        Assert.NotEqual(before["a"], after["a"]);
        Assert.Equal(before["b"], after["b"]);

        await engine.RunAsync([TestEngine.Itself, "stop", "--time", "0", "gitops.drift"]); // the network: then all of it is made anew
        await rig.Runner.UntilReadyAsync(unit, Cancellation);
        Assert.Equal(3, (await rig.RunningAsync("drift", Cancellation)).Count);
        await rig.Runner.UntilAsync(null, unit, plan => plan.Steps.IsEmpty, Cancellation);
    }

    [Fact]
    public async Task What_a_hand_removes_can_be_told_from_what_ends()
    {
        using var state = new TempDirectory();
        await using var rig = new GroupRig(engine, state.Path, nameof(What_a_hand_removes_can_be_told_from_what_ends));
        var unit = Group("hand", Shell("a", engine.Busybox, Forever), Shell("b", engine.Busybox, Forever));
        await rig.Runner.UntilReadyAsync(unit, Cancellation);

        await engine.RunAsync([TestEngine.Itself, "rm", "--force", "--time", "0", "gitops.hand.a"]);
        await engine.RunAsync([TestEngine.Itself, "kill", "gitops.hand.b"]);
        PlannedUnit? plan = null;
        await Eventually.BecomesTrue(async () => (plan = await rig.Runner.LookAsync(unit, Cancellation)).Steps.Length == 2, TimeSpan.FromSeconds(30), Cancellation);
        Assert.Equal(["b"], plan!.Upkeep.Select(step => Assert.IsType<GroupStep.Start>(step.Step).Container));
        Assert.Contains(plan.Steps, step => step.Step.Because == "container 'a' was removed");

        // What the agent itself takes down is no drift, and neither is what was never there.
        await rig.Runner.UntilReadyAsync(unit, Cancellation);
        await rig.Runner.UntilAsync(null, unit, removal => removal.Steps.IsEmpty, Cancellation);
        var fresh = await rig.Runner.LookAsync(unit, Cancellation);
        Assert.NotEmpty(fresh.Steps);
        Assert.Equal(fresh.Steps, fresh.Upkeep);
    }

    [Fact]
    public async Task A_change_makes_the_group_anew_and_a_change_of_probes_does_not()
    {
        using var state = new TempDirectory();
        await using var rig = new GroupRig(engine, state.Path, nameof(A_change_makes_the_group_anew_and_a_change_of_probes_does_not));
        var unit = Group("next", Shell("a", engine.Busybox, Forever));
        await rig.Runner.UntilReadyAsync(unit, Cancellation);
        var first = await rig.RunningAsync("next", Cancellation);

        var probed = Group("next", Shell("a", engine.Busybox, Forever) with { Readiness = new ContainerProbe { Exec = new ExecProbe(["true"]), PeriodMs = 500 } });
        await rig.Runner.UntilReadyAsync(probed, Cancellation);
        Assert.Equal(first, await rig.RunningAsync("next", Cancellation));

        var changed = Group("next", Shell("a", engine.Busybox, Forever) with { Env = [new EnvironmentVariable("A", [new ContentPart.Text("b")])] });
        await rig.Runner.UntilReadyAsync(changed, Cancellation);
        Assert.NotEqual(first["a"], (await rig.RunningAsync("next", Cancellation))["a"]);
        await rig.Runner.UntilAsync(null, changed, plan => plan.Steps.IsEmpty, Cancellation);
    }

    [Fact]
    public async Task A_group_whose_scratch_volume_overflows_is_made_anew_with_an_empty_one()
    {
        using var state = new TempDirectory();
        await using var rig = new GroupRig(engine, state.Path, nameof(A_group_whose_scratch_volume_overflows_is_made_anew_with_an_empty_one));
        var unit = new Unit("full", new WorkloadSpec
        {
            Containers = new ContainerGroupSpec
            {
                Containers = [Shell("a", engine.Busybox, Forever) with { Mounts = [new ContainerMount("work", "/work")] }],
                Volumes = [new GroupVolume("work") { Scratch = new ScratchVolume { LimitBytes = 1 << 20 } }],
            },
        });
        await rig.Runner.UntilReadyAsync(unit, Cancellation);
        await engine.RunAsync([TestEngine.Itself, "exec", "gitops.full.a", "busybox", "dd", "if=/dev/zero", "of=/work/big", "bs=1M", "count=2"]);
        await rig.Runner.UntilAsync(unit, null, _ => rig.Notes.Any(note => note.Code == "AGT169"), Cancellation);
        await rig.Runner.UntilReadyAsync(unit, Cancellation);
        Assert.Empty(await engine.RunAsync([TestEngine.Itself, "exec", "gitops.full.a", "ls", "/work"]));
        await rig.Runner.UntilAsync(null, unit, plan => plan.Steps.IsEmpty, Cancellation);
    }

    [Fact]
    public async Task A_container_of_somebody_else_is_left_alone()
    {
        using var state = new TempDirectory();
        await using var rig = new GroupRig(engine, state.Path, nameof(A_container_of_somebody_else_is_left_alone));
        await engine.RunAsync([TestEngine.Itself, "run", "--detach", "--network", "none", "--name", "gitops.taken.a", engine.Busybox, "sleep", "1000"]);
        var unit = Group("taken", Shell("a", engine.Busybox, Forever));
        await rig.Runner.UntilAsync(unit, null, _ => rig.Runner.LastFailure is StepOutcome.Stuck, Cancellation);
        Assert.Equal("AGT167", Assert.IsType<StepOutcome.Stuck>(rig.Runner.LastFailure).Problem.Code);
        Assert.Equal("true\n", await engine.RunAsync([TestEngine.Itself, "inspect", "--format", "{{.State.Running}}", "gitops.taken.a"]));
        await engine.RunAsync([TestEngine.Itself, "rm", "--force", "--time", "0", "gitops.taken.a"]);
        await rig.Runner.UntilAsync(null, unit, plan => plan.Steps.IsEmpty, Cancellation);
    }
}
