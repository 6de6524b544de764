using System.Globalization;
using System.Text.Json;
using GitOps.EndToEnd.Tests.Fleet;
using GitOps.TestKit;
using GitOps.TestKit.Containers;

namespace GitOps.EndToEnd.Tests;

/// <summary>The Debian package on a machine that systemd runs: its hardened unit, workloads as units of their own, chronyd.</summary>
[Trait("needs", "podman, mmdebstrap")]
public sealed class SystemdTests(TestPodman podman) : IClassFixture<TestPodman>
{
    private const string Node = "press-1";

    /// <summary>
    /// As systemd-analyze counts: 0 is safest, 10 is a service without any restriction. What hides parts of the file system is left out: nobody
    /// else would see the volumes that the agent mounts.
    /// </summary>
    private const double MostExposed = 8.6;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Workloads_outlive_the_agent_on_a_machine_that_systemd_runs_and_come_back_after_a_reboot()
    {
        TestPodman.Need();
        if (!Programs.IsAgentNative)
        {
            NeedsPackage.Missing("GITOPS_AGENT names no native agent: ./test publishes one");
        }

        await using var machine = new SystemdMachine(podman, "gitops-systemd");
        await machine.StartAsync();
        try
        {
            await InstallRestartRebootRemoveAsync(machine);
        }
        catch (Xunit.Sdk.XunitException e)
        {
            throw new Xunit.Sdk.XunitException($"{e.Message}\n-- the machine\n{await machine.ExplainAsync()}");
        }
    }

    private async Task InstallRestartRebootRemoveAsync(SystemdMachine machine)
    {
        await using var time = new TimeServer();
        await using var fleet = new TestFleet(ControlPlaneProcess.Embedded);
        var revision = await fleet.StartAsync([],
            ("fleet.yaml", Yaml.Fleet() + Yaml.Node(Node, "/srv")),
            ("things.yaml", Yaml.File("motd", "hello") + Yaml.Volume + Yaml.Counter("one") +
                Yaml.Clock(time.Port).Replace("maxError: 500ms", "maxError: 5m", StringComparison.Ordinal))); // chronyd steers nothing here, so its bound is a wide one
        var node = await fleet.EnrolAsync(Node);
        await InstallAsync(machine, node);

        await fleet.ConvergedAsync(revision);
        Assert.Equal(("notify", "active"), (await machine.ShowAsync("gitops-agent", "Type"), await machine.ShowAsync("gitops-agent", "ActiveState")));
        Assert.Equal("hello", await machine.ReadAsync("/srv/motd"));
        var first = await ProcessAsync(machine);
        var unit = (await machine.RunAsync("systemctl", "list-units", "--plain", "--no-legend", "gitops-counter-*")).Split(' ')[0];
        Assert.Contains($"/gitops.slice/{unit}", await machine.ReadAsync($"/proc/{first}/cgroup"), StringComparison.Ordinal);
        Assert.Equal("workload/counter of the GitOps agent", await machine.ShowAsync(unit, "Description"));

        // chronyd is systemd's own, with what the agent wrote.
        Assert.Equal("active", await machine.ShowAsync("chronyd", "ActiveState"));
        Assert.Contains("gitops", await machine.ReadAsync("/etc/chrony/chrony.conf"), StringComparison.OrdinalIgnoreCase);
        await fleet.UntilAsync(async () => (await fleet.ReportAsync(Node))?.Clock is { Managed: true, Source: "127.0.0.1" }, "the clock follows the time server");

        // Its restrictions leave the drivers what they need, as the above shows; and there are some.
        var exposure = await machine.RunAsync("systemd-analyze", "security", "--no-pager", "gitops-agent.service");
        var score = double.Parse(exposure[(exposure.IndexOf("gitops-agent.service: ", StringComparison.Ordinal) + 22)..].Split(' ')[0], CultureInfo.InvariantCulture);
        TestContext.Current.SendDiagnosticMessage($"systemd-analyze security: {score}");
        Assert.InRange(score, 0, MostExposed);

        await machine.RunAsync("systemctl", "restart", "gitops-agent");
        Assert.Equal(first, await ProcessAsync(machine));
        var boot = (await fleet.ReportAsync(Node))!.BootId;
        await machine.RunAsync("systemctl", "kill", "--signal=KILL", "gitops-agent"); // every process of the agent's unit
        await fleet.UntilAsync(async () => await fleet.ReportAsync(Node) is { } report && report.BootId != boot, "systemd starts the killed agent again");
        Assert.Equal(first, await ProcessAsync(machine));

        await machine.RunAsync("systemctl", "stop", "gitops-agent");
        await machine.RunAsync("kill", "-KILL", first);
        await machine.RunAsync("systemctl", "start", "gitops-agent");
        await fleet.UntilAsync(async () => await AliveAsync(machine) is { } again && again != first, "what ended while the agent was away is started again");
        var second = await ProcessAsync(machine);

        await machine.RebootAsync();
        await fleet.UntilAsync(async () => await AliveAsync(machine) is { } again && again != second, "after a reboot everything is started");
        await fleet.ConvergedAsync(revision);
        Assert.Null(await machine.ReadAsync("/srv/data/twice"));

        // Removed, what runs goes on; purged, identity and state are gone.
        var last = await ProcessAsync(machine);
        await machine.RunAsync("dpkg", "--remove", "gitops-agent");
        Assert.Null(await machine.ReadAsync("/usr/bin/gitops-agent"));
        Assert.Equal(last, await AliveAsync(machine));
        Assert.NotNull(await machine.ReadAsync("/etc/gitops-agent/node.key"));
        await machine.RunAsync("dpkg", "--purge", "gitops-agent");
        Assert.Null(await machine.ReadAsync("/etc/gitops-agent/node.key"));
        Assert.True((await machine.TryAsync("kill", "-0", last)).Succeeded, "workloads go on until they end or the machine does");
    }

    private async Task InstallAsync(SystemdMachine machine, TestNode node)
    {
        await File.WriteAllTextAsync($"{node.Identity}/policy.json",
            """{ "format": 1, "paths": ["/srv"], "users": [], "exec": ["/usr/bin", "/bin"] }""", Cancellation);
        await machine.CopyAsync($"{node.Identity}/.", "/etc/gitops-agent");
        using var folder = new TempDirectory();
        var packed = await podman.TryAsync([$"{Programs.Repository}/edge-agent/package", "--output", folder.Path, $"x64={Programs.Agent}"]);
        Assert.True(packed.Succeeded, packed.Error);
        await machine.CopyAsync(Directory.EnumerateFiles(folder.Path, "*.deb").Single(), "/agent.deb");
        await machine.RunAsync("dpkg", "--install", "/agent.deb");
    }

    /// <summary>The process of the counter, within the machine.</summary>
    private static async Task<string> ProcessAsync(SystemdMachine machine) =>
        await AliveAsync(machine) ?? throw new Xunit.Sdk.XunitException($"the counter does not run: {await machine.ReadAsync("/var/lib/gitops-agent/runs/counter.status.json")}");

    private static async Task<string?> AliveAsync(SystemdMachine machine)
    {
        if (await machine.ReadAsync("/var/lib/gitops-agent/runs/counter.status.json") is not { } text)
        {
            return null;
        }

        using var json = JsonDocument.Parse(text);
        var pid = json.RootElement.TryGetProperty("process", out var process) ? process.GetProperty("pid").GetRawText() : "0";
        return pid != "0" && !json.RootElement.TryGetProperty("endedAtMs", out _) && (await machine.TryAsync("test", "-d", $"/proc/{pid}")).Succeeded ? pid : null;
    }
}
