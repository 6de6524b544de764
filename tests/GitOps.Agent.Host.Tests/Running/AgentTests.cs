using System.Text;
using GitOps.Bundles;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;
using GitOps.TestKit;

namespace GitOps.Agent.Host.Tests.Running;

/// <summary>The program itself: real processes, real files, a real store.</summary>
public sealed class AgentTests : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;
    private TestControlPlane _plane = null!;
    private AgentOnDisk _agent = null!;

    public async ValueTask InitializeAsync()
    {
        _plane = await TestControlPlane.StartAsync();
        _agent = new AgentOnDisk(_plane);
    }

    public async ValueTask DisposeAsync()
    {
        await _agent.DisposeAsync();
        await _plane.DisposeAsync();
    }

    [Fact]
    public async Task A_node_makes_files_and_processes_reports_it_and_answers_people()
    {
        var large = Encoding.UTF8.GetBytes(new string('x', 10_000));
        var file = new Unit("motd", new FileSpec
        {
            Path = $"{_agent.Managed}/a/motd",
            Content = [new ContentPart.Text("hello\n"), new ContentPart.Blob(Digest.Of(large), large.Length)],
            Mode = "0640",
        });
        _plane.Publish(Bundle.Of([file, Workload("web", "first")]), large);
        _agent.Start();
        await ConvergedAsync(1);

        Assert.Equal("hello\n" + new string('x', 10_000), await File.ReadAllTextAsync($"{_agent.Managed}/a/motd", Cancel));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead, DiskFileLayer.Host.Stat($"{_agent.Managed}/a/motd")!.Mode);
        await Eventually.BecomesTrue(() => _agent.ReadLog("web").Contains("first", StringComparison.Ordinal), Limit, Cancel);

        var status = await _agent.AskAsync("status");
        Assert.Equal((0, ""), (status.ExitCode, status.Error));
        Assert.Contains("press-1: converged, generation 1", status.Output, StringComparison.Ordinal);
        var plan = await _agent.AskAsync("plan");
        Assert.Equal("nothing to do\n", plan.Output);

        var hold = await _agent.AskAsync("hold", "workload/web", "--for", "4h", "--reason", "valve is open");
        Assert.Equal(0, hold.ExitCode);
        _plane.Publish(Bundle.Of([Workload("web", "second")]));
        await UntilAsync(r => r.Phase == NodePhase.Waiting && r.SeenGeneration == 2);
        Assert.True(File.Exists($"{_agent.Managed}/a/motd"), "nothing is removed before the new generation is committed");
        Assert.Equal(0, (await _agent.AskAsync("release", "workload/web")).ExitCode);
        await ConvergedAsync(2);
        await Eventually.BecomesTrue(() => !Directory.Exists($"{_agent.Managed}/a"), Limit, Cancel);
    }

    [Fact]
    public async Task Another_authority_counts_as_soon_as_the_root_that_names_it_is_followed()
    {
        _plane.NameAnotherAuthority();
        _plane.ServeRoot(2);
        _plane.Publish(Bundle.Of([Workload("web", "first")]));
        _agent.Start();
        await ConvergedAsync(1);
        await Eventually.BecomesTrue(
            () => _plane.Reports.Any(report => report.Events.Any(e => e.Code == AgentCodes.RootFollowed.Id)), Limit, Cancel);

        await _plane.ComeBackAsync(); // with a certificate of the other one
        _plane.Publish(Bundle.Of([Workload("web", "second")]));
        await ConvergedAsync(2);
    }

    [Fact]
    public async Task A_person_leads_the_node_back_to_a_kept_generation_and_forward_again()
    {
        var large = Encoding.UTF8.GetBytes(new string('x', 10_000));
        var file = new Unit("motd", new FileSpec { Path = $"{_agent.Managed}/motd", Content = [new ContentPart.Blob(Digest.Of(large), large.Length)] });
        _plane.Publish(Bundle.Of([file]), large);
        _agent.Start();
        await ConvergedAsync(1);
        _plane.Publish(Bundle.Of([Workload("web", "second")]));
        await ConvergedAsync(2);
        await Eventually.BecomesTrue(() => !File.Exists($"{_agent.Managed}/motd"), Limit, Cancel);

        var unknown = await _agent.AskAsync("rollback");
        Assert.Equal((5, "say which one, with --to N; kept are [2, 1]\n"), (unknown.ExitCode, unknown.Error));
        Assert.Equal(0, (await _agent.AskAsync("rollback", "--to", "1", "--for", "1h", "--reason", "it smells")).ExitCode);
        await UntilAsync(r => r.Conditions.Any(c => c.Type == "Pinned") && r.Units is [{ State: UnitPhase.Ready } unit] && unit.Id == file.Id);
        Assert.Equal(large, await File.ReadAllBytesAsync($"{_agent.Managed}/motd", Cancel));
        Assert.Equal(0, (await _agent.AskAsync("rollback", "--end")).ExitCode);
        await ConvergedAsync(2);
        Assert.NotNull(_agent.Find("web"));
    }

    [Fact]
    public async Task A_killed_agent_finds_its_process_again_and_restarts_nothing()
    {
        _plane.Publish(Bundle.Of([Workload("web", "one")]));
        _agent.Start();
        await ConvergedAsync(1);
        var before = _agent.Find("web");
        var boot = _plane.Last!.BootId;
        await _agent.KillAsync();
        Assert.Equal(before, _agent.Find("web"));

        _agent.Start();
        await UntilAsync(r => r.BootId != boot && r.Phase == NodePhase.Converged);
        Assert.Equal(before, _agent.Find("web"));
        Assert.NotNull(before);
        Assert.Equal(0, _plane.Last!.Units[0].Restarts);

        Assert.Equal(0, await _agent.TerminateAsync());
        Assert.Equal(before, _agent.Find("web"));
        _agent.Start();
        _plane.Publish(Bundle.Empty);
        await Eventually.BecomesTrue(() => _agent.Find("web") is null && _agent.Workloads.Count == 0, Limit, Cancel);
    }

    [Fact]
    public async Task A_process_that_keeps_ending_is_given_up_and_the_one_before_comes_back()
    {
        await _agent.DisposeAsync();
        _agent = new AgentOnDisk(_plane, deadlineMs: 3_000);
        _plane.Publish(Bundle.Of([Workload("web", "good")]));
        _agent.Start();
        await ConvergedAsync(1);
        _plane.Publish(Bundle.Of([Process("web", "echo bad; exit 3")]));
        await UntilAsync(r => r.Phase == NodePhase.Failed && r.Units.All(u => u.State == UnitPhase.Ready));
        Assert.Equal(1, _plane.Last!.Generation);
        var quarantine = Assert.Single(_plane.Last.Quarantined);
        Assert.Contains("exited with 3", quarantine.Reason, StringComparison.Ordinal);
        Assert.NotNull(_agent.Find("web"));
    }

    [Fact]
    public async Task Without_a_network_everything_starts_from_the_nodes_own_disk()
    {
        _plane.Publish(Bundle.Of([Workload("web", "one")]));
        _agent.Start();
        await ConvergedAsync(1);
        await _plane.GoAwayAsync();
        await _agent.KillAsync();
        GitOps.Agent.Host.Processes.ProcessTable.SignalGroup(_agent.Find("web")!.Pid, "SIGKILL");
        await Eventually.BecomesTrue(() => _agent.Find("web") is null, Limit, Cancel);
        _agent.Start();
        await Eventually.BecomesTrue(() => _agent.Find("web") is not null, Limit, Cancel);
    }

    [Fact]
    public async Task A_process_runs_as_the_user_it_names_and_with_nothing_of_the_agents_rights()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root may start processes of other users");
        await _agent.DisposeAsync();
        _agent = new AgentOnDisk(_plane, users: "nobody");
        _agent.OpenFolder();
        var unit = RunningUnits.Process("web", "id -un; id -Gn; cat /etc/shadow 2>/dev/null || echo refused; exec sleep 1000");
        var process = ((WorkloadSpec)unit.Spec).Process!;
        _plane.Publish(Bundle.Of([unit with { Spec = new WorkloadSpec { Process = process with { User = "nobody" } } }]));
        _agent.Start();
        await ConvergedAsync(1);

        await Eventually.BecomesTrue(() => _agent.ReadLog("web").Contains("refused", StringComparison.Ordinal), Limit, Cancel);
        Assert.StartsWith("nobody\nnogroup\n", _agent.ReadLog("web"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_question_with_a_broken_configuration_ends_with_findings_and_one_without_an_agent_as_unreachable()
    {
        Assert.Equal(4, (await _agent.AskAsync("status")).ExitCode);
        _agent.BreakPolicy();
        foreach (var command in new[] { "status", "plan", "retry" })
        {
            var answer = await _agent.AskAsync(command);
            Assert.Equal((1, ""), (answer.ExitCode, answer.Output));
            Assert.Contains("AGT048", answer.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Two_agents_never_run_on_one_state_directory()
    {
        _agent.Start();
        await Eventually.BecomesTrue(() => _agent.Log.Contains("node press-1", StringComparison.Ordinal), Limit, Cancel);
        var second = await _agent.AskAsync("run");
        Assert.Equal(75, second.ExitCode);
        Assert.Contains("is in use by process", second.Error, StringComparison.Ordinal);
    }

    private static Unit Workload(string name, string word) => RunningUnits.Workload(name, word);

    private static Unit Process(string name, string script) => RunningUnits.Process(name, script);

    private Task ConvergedAsync(long generation) => _agent.ConvergedAsync(generation);

    private Task UntilAsync(Func<NodeReport, bool> condition) => _agent.UntilAsync(condition);
}
