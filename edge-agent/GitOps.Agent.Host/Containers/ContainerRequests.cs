using System.Globalization;
using System.Text;
using GitOps.Agent.Containers;
using GitOps.Agent.Host.Store;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Host.Containers;

/// <summary>Puts containers into the words of the engine's API.</summary>
internal sealed class ContainerRequests(Labels labels, GroupFolders folders, ContentResolver contents)
{
    /// <summary>The container that holds the network: it does nothing, owns nothing and may do nothing.</summary>
    public ContainerRequest Sandbox(Unit unit, Digest key)
    {
        var group = unit.Group;
        var ports = group.Containers.SelectMany(c => c.Ports).Where(p => p.HostPort is not null && !group.HostNetwork).ToLookup(PortName);
        return new ContainerRequest(PauseImage.Reference)
        {
            Hostname = group.HostNetwork ? null : HostnameOf(unit),
            Labels = labels.For(unit.Name, "", ContainerRole.Sandbox, key, []),
            ExposedPorts = ports.ToDictionary(p => p.Key, _ => new Nothing(), StringComparer.Ordinal),
            HostConfig = new HostRequest(group.HostNetwork ? "host" : "bridge")
            {
                ExtraHosts = group.HostNetwork ? null : HostsOf(group),
                PortBindings = ports.ToDictionary(
                    p => p.Key,
                    p => (IReadOnlyList<PortRequest>)[.. p.Select(b => new PortRequest(b.HostAddress ?? "", Text(b.HostPort!.Value)))],
                    StringComparer.Ordinal),
                // Held here so that what is in memory lasts from one container to the next.
                Mounts = [.. group.Volumes.Where(v => v.Scratch is { InMemory: true })
                    .Select(v => new MountRequest("volume", Labels.NameOf(unit.Name, Labels.Plain(v.Name)), $"/volumes/{Labels.Plain(v.Name)}", ReadOnly: true))],
                ReadonlyRootfs = true,
                CapDrop = ["ALL"],
                SecurityOpt = ["no-new-privileges"],
            },
        };
    }

    /// <summary>The request, or what is missing on this node. It holds secrets: it must not get into any message.</summary>
    /// <param name="sandbox">The engine's id of the sandbox.</param>
    public (ContainerRequest? Request, Problem? Missing) Container(
        Unit unit, ContainerSpec container, GroupStep.Start step, string sandbox, bool isPodman)
    {
        var environment = new List<string>();
        foreach (var variable in container.Env)
        {
            if (contents.Resolve(variable.Value) is not ({ } bytes, _))
            {
                return (null, contents.Resolve(variable.Value).Missing);
            }

            environment.Add($"{variable.Name}={Encoding.UTF8.GetString(bytes)}");
        }

        var group = unit.Group;
        var role = group.Init.Contains(container) ? ContainerRole.Init : ContainerRole.Main;
        return (new ContainerRequest(container.Image)
        {
            Hostname = isPodman && !group.HostNetwork ? HostnameOf(unit) : null,
            User = container.User,
            Env = environment,
            Entrypoint = container.Entrypoint.IsEmpty ? null : [.. container.Entrypoint],
            Cmd = container.Command.IsEmpty ? null : [.. container.Command],
            WorkingDir = container.WorkingDirectory,
            StopSignal = container.StopSignal,
            Labels = labels.For(unit.Name, container.Name, role, step.Key, container.Labels.Select(l => KeyValuePair.Create(l.Key, l.Value))),
            HostConfig = HostOf(unit, container, step, sandbox),
        }, null);
    }

    private HostRequest HostOf(Unit unit, ContainerSpec container, GroupStep.Start step, string sandbox)
    {
        var (group, security, limits) = (unit.Group, container.Security ?? new ContainerSecurity(), container.Resources);
        return new HostRequest(group.HostNetwork ? "host" : $"container:{sandbox}")
        {
            PidMode = group.HostPid ? "host" : null,
            ExtraHosts = group.HostNetwork ? HostsOf(group) : null,
            Mounts = [.. container.Mounts.Select(m => MountOf(unit, m, step))],
            LogConfig = new LogRequest("json-file", new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["max-size"] = Text(Math.Max(container.Log.MaxBytes, 1)),
                ["max-file"] = Text(Math.Max(container.Log.Files, 1)),
            }),
            NanoCpus = limits?.CpuMillis * 1_000_000L,
            Memory = limits?.MemoryBytes,
            PidsLimit = limits?.Pids,
            Privileged = security.Privileged,
            ReadonlyRootfs = security.ReadOnlyRootFilesystem,
            SecurityOpt = [.. security.NoNewPrivileges ? ["no-new-privileges"] : (string[])[], .. security.SeccompUnconfined ? ["seccomp=unconfined"] : (string[])[]],
            CapAdd = [.. security.AddCapabilities],
            CapDrop = [.. security.DropCapabilities],
            GroupAdd = [.. container.Groups.Select(g => Text(g))],
            Devices = [.. security.Devices.Select(d => new DeviceRequest(d, d, "rwm"))],
        };
    }

    private MountRequest MountOf(Unit unit, ContainerMount mount, GroupStep.Start step) =>
        SourceOf(unit, mount, step) is { } path
            ? new MountRequest("bind", path, mount.Path, mount.ReadOnly)
            : new MountRequest("volume", Labels.NameOf(unit.Name, Labels.Plain(mount.Volume)), mount.Path, mount.ReadOnly);

    /// <summary>The path of the node that is mounted; null for what is in memory.</summary>
    public string? SourceOf(Unit unit, ContainerMount mount, GroupStep.Start step) => RootOf(unit, mount.Volume, step) is { } root
        ? mount.SubPath is { } part ? $"{root}/{part}" : root
        : null;

    /// <summary>The path of the node that a volume is; null for one in memory.</summary>
    public string? RootOf(Unit unit, string name, GroupStep.Start step) => unit.Group.Volumes.First(v => v.Name == name) switch
    {
        { Host: { } host } => host.Path,
        { Unit: { } volume } => step.UnitVolumes.First(v => v.Unit == volume).Path,
        { Scratch: { InMemory: true } } => null,
        { Scratch: not null } => folders.ScratchOf(unit.Name, name),
        _ => folders.FilesOf(unit.Name, GroupKey.OfFiles(unit.Group)!.Value, name),
    };

    private static string HostnameOf(Unit unit) => unit.Group.Hostname ?? unit.Name;

    private static IReadOnlyList<string> HostsOf(ContainerGroupSpec group) =>
        [.. group.HostAliases.SelectMany(a => a.Names, (a, name) => $"{name}:{a.Address}")];

    private static string PortName(ContainerPort port) => $"{Text(port.Port)}/{(port.Protocol == PortProtocol.Udp ? "udp" : "tcp")}";

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
