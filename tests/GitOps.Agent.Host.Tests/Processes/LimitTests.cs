using GitOps.Agent.Host.Processes;
using GitOps.Agent.Planning;
using GitOps.Agent.Workloads;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.TestKit;

namespace GitOps.Agent.Host.Tests.Processes;

/// <summary>Bounds of processes, kept by the kernel of this machine, with whichever version of control groups it has.</summary>
public sealed class LimitTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_process_above_its_memory_is_ended_by_the_kernel_and_that_is_its_reason()
    {
        await using var rig = Rig(f => f.NoMemory);
        var unit = rig.Unit("bomb", "echo begins; exec tail /dev/zero", new ResourceLimits { MemoryBytes = 24 << 20 });
        var plan = await rig.Runner.UntilAsync(unit, null, p => p.Status is UnitStatus.Unhealthy, Cancel);

        Assert.Matches(@"^exited with 137 after \d+(\.\d)? s, out of memory, and is not to be restarted$", ((UnitStatus.Unhealthy)plan.Status!).Message);
        Assert.Equal("begins\ngitops-agent: out of memory: the kernel ended it above its limit of 25165824 bytes\n", rig.ReadLog("bomb"));
        var note = Assert.Single(rig.Notes);
        Assert.Equal(ProcessCodes.Ended.Id, note.Code);
        Assert.Matches(@"^workload/bomb: it exited with 137 after \d+(\.\d)? s, out of memory$", note.What);
    }

    [Fact]
    public async Task A_process_below_its_bounds_notices_nothing_of_them()
    {
        await using var rig = Rig(f => f.NoMemory ?? f.NoPids ?? f.NoProcessor);
        var unit = rig.Unit("small", "echo well; exit 0", new ResourceLimits { MemoryBytes = 24 << 20, CpuMillis = 500, Pids = 2 });
        await rig.Runner.UntilReadyAsync(unit, Cancel);
        Assert.Equal("well\n", rig.ReadLog("small"));
        Assert.Null(rig.Runs.ReadStatus("small")!.OutOfMemory);
        Assert.Empty(rig.Notes);
    }

    [Fact]
    public async Task What_multiplies_is_bounded_and_nobody_of_it_is_left_behind()
    {
        await using var rig = Rig(f => f.NoPids);
        // Each as a session of its own: no signal to the group of the process reaches them.
        const string Multiply = "(i=0; while [ $i -lt 60 ]; do setsid sleep 1000 & i=$((i+1)); done); exec sleep 1000";
        var unit = rig.Unit("many", Multiply, new ResourceLimits { Pids = 12 });
        await rig.Runner.UntilAsync(unit, null, _ => rig.Runs.ReadStatus("many")?.Process is not null, Cancel);
        var folder = FolderOf(rig, "many", Controller.Pids);
        await Eventually.BecomesTrue(() => File.ReadAllLines($"{folder}/cgroup.procs").Length >= 10 &&
            rig.ReadLog("many").Contains("fork", StringComparison.OrdinalIgnoreCase), Limit, Cancel);
        Assert.InRange(int.Parse(File.ReadAllText($"{folder}/pids.current"), System.Globalization.CultureInfo.InvariantCulture), 10, 12);
        Assert.Equal("12\n", File.ReadAllText($"{folder}/pids.max"));

        await rig.Runner.UntilAsync(null, unit, plan => plan.Steps.IsEmpty, Cancel);
        Assert.False(Directory.Exists(folder), "the group of a run is there while the run is");
    }

    [Fact]
    public async Task A_busy_process_is_slowed_down_to_its_share()
    {
        await using var rig = Rig(f => f.NoProcessor);
        var unit = rig.Unit("busy", "while :; do :; done", new ResourceLimits { CpuMillis = 100 });
        await rig.Runner.UntilAsync(unit, null, _ => rig.Runs.ReadStatus("busy")?.Process is not null, Cancel);
        var folder = FolderOf(rig, "busy", Controller.Cpu);
        await Eventually.BecomesTrue(() => ControlGroup.ParseCount(File.ReadAllText($"{folder}/cpu.stat"), "nr_throttled") > 2, Limit, Cancel);
    }

    [Fact]
    public async Task Other_bounds_are_a_new_run()
    {
        await using var rig = Rig(f => f.NoPids);
        var before = rig.Unit("web", "exec sleep 1000", new ResourceLimits { Pids = 20 });
        await rig.Runner.UntilReadyAsync(before, Cancel);
        var old = rig.Runs.ReadStatus("web")!.Process;
        var after = rig.Unit("web", "exec sleep 1000", new ResourceLimits { Pids = 30 });
        await rig.Runner.UntilReadyAsync(after, Cancel);
        Assert.NotEqual(old, rig.Runs.ReadStatus("web")!.Process);
        Assert.Equal("30\n", File.ReadAllText($"{FolderOf(rig, "web", Controller.Pids)}/pids.max"));
    }

    [Fact]
    public async Task Bounds_that_the_node_cannot_keep_are_refused_by_name_before_anything_is_touched()
    {
        var unit = new Unit("web", new WorkloadSpec { Process = new ProcessSpec { Command = ["/bin/true"], Resources = new ResourceLimits { Pids = 5, MemoryBytes = 1 << 30 } } });
        var features = new ProcessFeatures(NoProcessor: "never asked", NoMemory: null, NoPids: "no control groups are mounted");
        var problem = Assert.Single(ProcessCheck.Check(unit, features)).Problem;
        Assert.Equal("workload/web: 'resources.pids' cannot be kept on this node: no control groups are mounted", problem.What);

        Assert.False(ProcessCheck.IsBounded(new Unit("free", new WorkloadSpec { Process = new ProcessSpec { Command = ["/bin/true"] } })));
        var staging = new ProcessStaging("gitops-agent.none", delegates: false);
        Assert.Equal(new ProcessFeatures("no control groups are mounted", "no control groups are mounted", "no control groups are mounted"),
            staging.Find(new ControlGroupFolders("", "")));
        Assert.IsType<StagingOutcome.Done>(await staging.StageAsync(Bundle.Of([]), Cancel));
    }

    private static ProcessRig Rig(Func<ProcessFeatures, string?> lacking)
    {
        if (lacking(new ProcessStaging("gitops-agent.trial", TransientUnit.IsOffered).Find(ControlGroupFolders.OfThisProcess())) is { } why)
        {
            NeedsPackage.Missing($"needs a kernel and a user that bound processes: {why}");
        }

        return new ProcessRig();
    }

    /// <summary>Where the kernel says that the process is.</summary>
    private static string FolderOf(ProcessRig rig, string name, Controller controller)
    {
        var pid = rig.Runs.ReadStatus(name)!.Process!.Pid;
        var folders = new ControlGroupFolders(File.ReadAllText("/proc/self/mountinfo"), File.ReadAllText($"/proc/{pid}/cgroup"));
        return (folders.Old(controller) ?? folders.Unified)!.Own;
    }
}
