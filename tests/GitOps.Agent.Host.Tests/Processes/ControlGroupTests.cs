using GitOps.Agent.Host.Processes;

namespace GitOps.Agent.Host.Tests.Processes;

/// <summary>Reading where control groups are, on texts of other machines.</summary>
public sealed class ControlGroupTests
{
    private const string UnifiedMounts = "29 23 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot\n";

    private const string HybridMounts = """
        36 35 0:31 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:12 - cgroup cgroup rw,cpu,cpuacct
        37 35 0:32 / /sys/fs/cgroup/memory rw,nosuid shared:13 - cgroup cgroup rw,memory
        39 35 0:27 / /sys/fs/cgroup/unified rw,nosuid shared:10 - cgroup2 cgroup2 rw
        """;

    private const string HybridGroups = "5:memory:/system.slice/gitops-agent.service\n3:cpu,cpuacct:/\n0::/system.slice/gitops-agent.service\n";

    [Fact]
    public void A_machine_with_version_2_has_one_tree()
    {
        var folders = new ControlGroupFolders(UnifiedMounts, "0::/system.slice/gitops-agent.service\n");
        Assert.Equal(new ControlGroupTree("/sys/fs/cgroup", "/sys/fs/cgroup/system.slice/gitops-agent.service", IsUnified: true), folders.Unified);
        Assert.Null(folders.Old(Controller.Memory));
        Assert.Equal("/sys/fs/cgroup", new ControlGroupFolders(UnifiedMounts, "0::/\n").Unified!.Own);
    }

    [Fact]
    public void A_machine_with_both_has_a_tree_for_each_sort_of_bound()
    {
        var folders = new ControlGroupFolders(HybridMounts, HybridGroups);
        Assert.Equal("/sys/fs/cgroup/memory/system.slice/gitops-agent.service", folders.Old(Controller.Memory)!.Own);
        Assert.Equal("/sys/fs/cgroup/cpu,cpuacct", folders.Old(Controller.Cpu)!.Own);
        Assert.Null(folders.Old(Controller.Pids));
    }

    [Fact]
    public void A_container_sees_a_part_of_a_tree_under_a_path_from_its_top()
    {
        var folders = new ControlGroupFolders(
            "9 8 0:32 /parent/one /sys/fs/cgroup/memory ro,nosuid - cgroup cgroup rw,memory\n", "4:memory:/parent/one/inner\n");
        Assert.Equal("/sys/fs/cgroup/memory/inner", folders.Old(Controller.Memory)!.Own);
    }

    [Fact]
    public void What_the_kernel_ended_is_counted_in_either_version()
    {
        Assert.Equal(2, ControlGroup.ParseCount("low 0\nhigh 0\nmax 31\noom 3\noom_kill 2\noom_group_kill 0\n", "oom_kill"));
        Assert.Equal(1, ControlGroup.ParseCount("oom_kill_disable 0\nunder_oom 0\noom_kill 1\n", "oom_kill"));
        Assert.Equal(0, ControlGroup.ParseCount("oom_kill_disable 0\nunder_oom 0\n", "oom_kill"));
    }
}
