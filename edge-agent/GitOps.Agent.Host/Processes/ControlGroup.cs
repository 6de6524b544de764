using System.Globalization;
using System.Text;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Host.Processes;

/// <summary>
/// The control group of one run: bounds what the process and all it starts take together, counts what the kernel ended for want
/// of memory, and leaves nobody behind. Every call may throw <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/>.
/// </summary>
internal sealed class ControlGroup
{
    /// <summary>Of which the processor's bound is a part, in microseconds: the kernel's own default.</summary>
    private const long PeriodMicroseconds = 100_000;

    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(5);

    private readonly ResourceLimits _limits;
    private readonly List<(Controller Controller, ControlGroupTree Tree, string Folder)> _parts = [];

    private ControlGroup(ResourceLimits limits) => _limits = limits;

    /// <summary>Makes the group anew and sets its bounds. What an earlier run left in it is ended.</summary>
    /// <param name="name">Unique on this machine.</param>
    /// <param name="owned">
    /// This process is alone in its group, which was given to it (systemd, <c>Delegate=yes</c>): then the new one lies beneath it.
    /// </param>
    public static ControlGroup Make(ControlGroupFolders folders, string name, ResourceLimits limits, bool owned)
    {
        var group = new ControlGroup(limits);
        foreach (var controller in Needed(limits))
        {
            var tree = folders.Old(controller) ?? folders.Unified ?? throw new IOException($"no control groups for '{ControlGroupFolders.WordOf(controller)}' are mounted");
            group._parts.Add((controller, tree, FolderOf(tree, name, owned)));
        }

        foreach (var (tree, folder) in group._parts.Select(p => (p.Tree, p.Folder)).Distinct())
        {
            if (tree.IsUnified)
            {
                group.Delegate(tree, owned);
            }

            if (Directory.Exists(folder))
            {
                End(folder);
            }

            Directory.CreateDirectory(folder);
        }

        group.Bound();
        return group;
    }

    /// <summary>Starts something inside: this thread (version 1) or process (version 2) goes there, and comes back.</summary>
    public T Start<T>(Func<T> start)
    {
        // So many more than its own may be in it as come along; with the bound alone nothing could be started at all.
        var guests = Directory.GetDirectories("/proc/self/task").Length + 8;
        SetPids(_limits.Pids + guests);
        try
        {
            foreach (var (_, tree, folder) in _parts)
            {
                // The kernel charges a new process to the group of the thread that makes it.
                Write(tree.IsUnified ? $"{folder}/cgroup.procs" : $"{folder}/tasks", "0");
            }

            return start();
        }
        finally
        {
            foreach (var (_, tree, folder) in _parts)
            {
                Write($"{HomeOf(tree, folder)}/cgroup.procs", Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
            }

            SetPids(_limits.Pids);
        }
    }

    /// <summary>How many processes of it the kernel ended for want of memory.</summary>
    public int CountOutOfMemory() => _parts.Where(p => p.Controller == Controller.Memory)
        .Select(p => ParseCount(File.ReadAllText(p.Tree.IsUnified ? $"{p.Folder}/memory.events" : $"{p.Folder}/memory.oom_control"), "oom_kill"))
        .FirstOrDefault();

    /// <summary>Ends what is left in it, and removes it.</summary>
    public void End()
    {
        foreach (var folder in _parts.Select(p => p.Folder).Distinct())
        {
            End(folder);
        }
    }

    /// <summary>A line <c>WORD NUMBER</c>; 0 where there is none.</summary>
    internal static int ParseCount(string text, string word) => text.Split('\n').Select(l => l.Split(' '))
        .Where(l => l.Length == 2 && l[0] == word && int.TryParse(l[1], NumberStyles.None, CultureInfo.InvariantCulture, out _))
        .Select(l => int.Parse(l[1], CultureInfo.InvariantCulture)).FirstOrDefault();

    private static IEnumerable<Controller> Needed(ResourceLimits limits)
    {
        if (limits.CpuMillis is not null)
        {
            yield return Controller.Cpu;
        }

        if (limits.MemoryBytes is not null)
        {
            yield return Controller.Memory;
        }

        if (limits.Pids is not null)
        {
            yield return Controller.Pids;
        }
    }

    /// <summary>
    /// Version 1 beneath the group this process is in, so that what bounds that bounds this. Version 2 as well where the group is
    /// its own; otherwise at the root, because a group with processes in it can have no bounded groups beneath.
    /// </summary>
    private static string FolderOf(ControlGroupTree tree, string name, bool owned) =>
        !tree.IsUnified ? $"{tree.Own}/{name}" : owned ? $"{tree.Own}/run" : $"{tree.Root}/{name}";

    /// <summary>Where this process belongs again.</summary>
    private static string HomeOf(ControlGroupTree tree, string folder) => tree.IsUnified && folder == $"{tree.Own}/run" ? $"{tree.Own}/shim" : tree.Own;

    private void Delegate(ControlGroupTree tree, bool owned)
    {
        if (owned)
        {
            Directory.CreateDirectory($"{tree.Own}/shim");
            Write($"{tree.Own}/shim/cgroup.procs", "0");
        }

        foreach (var controller in _parts.Where(p => p.Tree == tree).Select(p => p.Controller))
        {
            Write($"{(owned ? tree.Own : tree.Root)}/cgroup.subtree_control", $"+{ControlGroupFolders.WordOf(controller)}");
        }
    }

    private void Bound()
    {
        foreach (var (controller, tree, folder) in _parts)
        {
            switch (controller)
            {
                case Controller.Cpu:
                    var quota = _limits.CpuMillis!.Value * PeriodMicroseconds / 1000;
                    if (tree.IsUnified)
                    {
                        Write($"{folder}/cpu.max", string.Create(CultureInfo.InvariantCulture, $"{quota} {PeriodMicroseconds}"));
                    }
                    else
                    {
                        Write($"{folder}/cpu.cfs_period_us", PeriodMicroseconds.ToString(CultureInfo.InvariantCulture));
                        Write($"{folder}/cpu.cfs_quota_us", quota.ToString(CultureInfo.InvariantCulture));
                    }

                    break;
                case Controller.Memory:
                    var bytes = _limits.MemoryBytes!.Value.ToString(CultureInfo.InvariantCulture);
                    Write(tree.IsUnified ? $"{folder}/memory.max" : $"{folder}/memory.limit_in_bytes", bytes);
                    // Where the machine swaps: to the disk is no way around the bound.
                    var (swap, value) = tree.IsUnified ? ($"{folder}/memory.swap.max", "0") : ($"{folder}/memory.memsw.limit_in_bytes", bytes);
                    if (File.Exists(swap))
                    {
                        Write(swap, value);
                    }

                    break;
                case Controller.Pids:
                    SetPids(_limits.Pids);
                    break;
                default:
                    throw new System.Diagnostics.UnreachableException($"no such controller: {controller}");
            }
        }
    }

    private void SetPids(int? most)
    {
        if (most is { } limit && _parts.Find(p => p.Controller == Controller.Pids) is { Folder: { } folder })
        {
            Write($"{folder}/pids.max", limit.ToString(CultureInfo.InvariantCulture));
        }
    }

    private static void End(string folder)
    {
        if (File.Exists($"{folder}/pids.max"))
        {
            Write($"{folder}/pids.max", "0"); // so that whoever multiplies is overtaken
        }

        var end = Environment.TickCount64 + (long)EndLimit.TotalMilliseconds;
        do
        {
            foreach (var line in File.ReadAllLines($"{folder}/cgroup.procs"))
            {
                if (int.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out var pid) && pid > 0 && pid != Environment.ProcessId)
                {
                    ProcessTable.Signal(pid, "SIGKILL");
                }
            }

            try
            {
                Directory.Delete(folder);
                return;
            }
            catch (IOException) when (Environment.TickCount64 < end)
            {
                Thread.Sleep(5); // a killed process is in it until the kernel has taken it apart, and tells nobody in version 1
            }
        }
        while (true);
    }

    /// <summary>As one write: the kernel takes each as a value of its own.</summary>
    private static void Write(string file, string value)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        stream.Write(Encoding.ASCII.GetBytes(value));
    }
}
