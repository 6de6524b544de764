namespace GitOps.Agent.Host.Processes;

/// <summary>Where the kernel bounds what processes take: control groups of version 1, one tree for each sort of bound, or of version 2, one tree for all.</summary>
internal enum Controller
{
    Cpu,
    Memory,
    Pids,
}

/// <summary>A tree of control groups in which a process is.</summary>
/// <param name="Root">Where it is mounted.</param>
/// <param name="Own">The folder of the group the process is in, beneath the root.</param>
internal sealed record ControlGroupTree(string Root, string Own, bool IsUnified);

/// <summary>Tells from what the kernel says of a process which trees there are. Formats: cgroups(7), proc_pid_mountinfo(5).</summary>
/// <param name="mounts">The text of <c>/proc/PID/mountinfo</c>.</param>
/// <param name="groups">The text of <c>/proc/PID/cgroup</c>.</param>
internal sealed class ControlGroupFolders(string mounts, string groups)
{
    public static ControlGroupFolders OfThisProcess() => new(File.ReadAllText("/proc/self/mountinfo"), File.ReadAllText("/proc/self/cgroup"));

    /// <summary>The tree of version 2; null where none is mounted.</summary>
    public ControlGroupTree? Unified => Trees("cgroup2", controller: null, "0::").FirstOrDefault();

    /// <summary>The tree of version 1 for a controller; null where there is none.</summary>
    public ControlGroupTree? Old(Controller controller)
    {
        var word = WordOf(controller);
        var line = groups.Split('\n').FirstOrDefault(g => g.Split(':') is [_, var names, ..] && names.Split(',').Contains(word));
        return line is null ? null : Trees("cgroup", word, line[..(line.IndexOf(':', line.IndexOf(':', StringComparison.Ordinal) + 1) + 1)]).FirstOrDefault();
    }

    public static string WordOf(Controller controller) => controller switch
    {
        Controller.Cpu => "cpu",
        Controller.Memory => "memory",
        Controller.Pids => "pids",
        _ => throw new System.Diagnostics.UnreachableException($"no such controller: {controller}"),
    };

    private IEnumerable<ControlGroupTree> Trees(string type, string? controller, string prefix)
    {
        var path = groups.Split('\n').FirstOrDefault(g => g.StartsWith(prefix, StringComparison.Ordinal))?[prefix.Length..] ?? "/";
        foreach (var mount in mounts.Split('\n'))
        {
            // ID parent major:minor root point options … - type source options-of-the-tree
            var halves = mount.Split(" - ");
            if (halves.Length == 2 && halves[0].Split(' ') is [_, _, _, var top, var point, ..] && halves[1].Split(' ') is [var kind, _, var options, ..] &&
                kind == type && (controller is null || options.Split(',').Contains(controller)))
            {
                // Within a container the mount shows a part of the tree, and the path may still be told from its top.
                var isBelow = top != "/" && (path == top || path.StartsWith($"{top}/", StringComparison.Ordinal));
                var own = isBelow ? path[top.Length..] : path.StartsWith("/..", StringComparison.Ordinal) ? "" : path;
                yield return new ControlGroupTree(point, $"{point}{own.TrimEnd('/')}", type == "cgroup2");
            }
        }
    }
}
