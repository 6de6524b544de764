using GitOps.Agent.Containers;
using GitOps.Agent.Planning;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Policy;

/// <summary>Decides whether a bundle asks for no more than the node allows. Every violation is found, and named by unit.</summary>
public static class PolicyCheck
{
    /// <param name="ownPaths">The agent's configuration, identity and state: denied whatever the policy says.</param>
    public static IReadOnlyList<UnitProblem> Check(Bundle bundle, AgentPolicy policy, IReadOnlyCollection<string> ownPaths) =>
        [.. bundle.Units.SelectMany(u => Check(u, policy, ownPaths).Concat(Secrets(u, policy, ownPaths)).Select(p => new UnitProblem(u.Id, p)))];

    public static bool MayWrite(AgentPolicy policy, string device, string property)
    {
        var name = $"{device}/{property}";
        return policy.Devices.Writable.Any(pattern => Pattern.Matches(pattern, name));
    }

    private static IEnumerable<Problem> Check(Unit unit, AgentPolicy policy, IReadOnlyCollection<string> ownPaths) =>
        unit.Spec switch
        {
            FileSpec file => [.. Path(unit, file.Path, policy, ownPaths), .. User(unit, file.Owner, policy), .. User(unit, file.Group, policy)],
            VolumeSpec volume => [.. Path(unit, volume.Path, policy, ownPaths), .. User(unit, volume.Owner, policy), .. User(unit, volume.Group, policy)],
            SyncSpec sync => [.. sync.Remote is { Kind: RemoteKind.Local, Path: { } place } ? Path(unit, place, policy, ownPaths) : [], .. sync.Folder is { } name ? UnitFileName(unit, name) : []],
            WorkloadSpec { Process: { } process } =>
            [
                .. Executable(unit, process.Command, policy), .. User(unit, process.User, policy),
                .. process.Files.SelectMany(f => UnitFileName(unit, f.Name)),
                .. unit.Probes.SelectMany(p => p.Exec is { } exec ? Executable(unit, exec.Command, policy) : []),
            ],
            WorkloadSpec { Containers: { } group } =>
            [
                .. ContainerPolicyCheck.Check(unit, policy.Containers, (path, roots) => Path(unit, path, roots, ownPaths, "\"containers\".\"hostPaths\"")),
                .. group.Volumes.SelectMany(v => v.Files).SelectMany(f => UnitFileName(unit, f.Name)),
                .. group.All().SelectMany(c => c.Mounts).SelectMany(m => m.SubPath is { } sub ? UnitFileName(unit, sub) : []),
                .. unit.Probes.SelectMany(p => p.Exec is { } exec ? Executable(unit, exec.Command, policy) : []),
            ],
            DeviceSpec device => Device(unit, device, policy),
            EdgeXSpec edgeX => [.. Host(unit, HostOf(edgeX.Url), policy), .. edgeX.Bus is { } bus ? Host(unit, HostOf(bus), policy) : []],
            _ => [],
        };

    /// <summary>A secret is read by the agent, which may read everything: only from where the policy lets bundles look.</summary>
    private static IEnumerable<Problem> Secrets(Unit unit, AgentPolicy policy, IReadOnlyCollection<string> ownPaths) =>
        unit.Spec.Contents().SelectMany(c => c).OfType<ContentPart.Secret>().Select(s => s.File).OfType<string>()
            .SelectMany(file => Path(unit, file, policy, ownPaths));

    private static IEnumerable<Problem> Path(Unit unit, string path, AgentPolicy policy, IReadOnlyCollection<string> ownPaths) =>
        Path(unit, path, policy.Paths, ownPaths, "\"paths\"");

    private static IEnumerable<Problem> Path(
        Unit unit, string path, IReadOnlyList<string> roots, IReadOnlyCollection<string> ownPaths, string member)
    {
        if (!IsPlain(path))
        {
            yield return new Problem(AgentCodes.PolicyPath,
                What: $"{unit.Id}: '{path}' is not an absolute path without '.', '..' and empty segments",
                Fix: "write the path in full");
        }
        else if (ownPaths.FirstOrDefault(own => IsBeneath(path, own) || IsBeneath(own, path)) is { } own)
        {
            yield return new Problem(AgentCodes.Denied,
                What: $"{unit.Id}: '{path}' touches '{own}', which belongs to the agent", Fix: "use another path");
        }
        else if (!roots.Any(root => IsBeneath(path, root) && path != root))
        {
            yield return new Problem(AgentCodes.PolicyPath,
                What: $"{unit.Id}: '{path}' lies beneath none of [{string.Join(", ", roots)}]",
                Fix: $"add a root to {member} in policy.json on the node, or use another path");
        }
    }

    private static IEnumerable<Problem> UnitFileName(Unit unit, string name)
    {
        if (name.StartsWith('/') || !IsPlain($"/{name}"))
        {
            yield return new Problem(AgentCodes.PolicyPath,
                What: $"{unit.Id}: the file name '{name}' is not relative, or holds '.', '..' or an empty segment",
                Fix: "name the file relative to the unit's directory");
        }
    }

    private static IEnumerable<Problem> User(Unit unit, string? user, AgentPolicy policy)
    {
        if (user is not null && !policy.Users.Contains(user))
        {
            yield return new Problem(AgentCodes.PolicyUser,
                What: $"{unit.Id}: '{user}' is none of [{string.Join(", ", policy.Users)}]",
                Fix: "add it to \"users\" in policy.json on the node, or use another one");
        }
    }

    private static IEnumerable<Problem> Executable(Unit unit, EquatableArray<string> command, AgentPolicy policy)
    {
        if (command.IsEmpty)
        {
            yield return new Problem(AgentCodes.PolicyExecutable, What: $"{unit.Id}: the command is empty", Fix: "name an executable");
            yield break;
        }

        var program = command[0];
        var isOwn = program.StartsWith("./", StringComparison.Ordinal) && IsPlain(program[1..]);
        if (!isOwn && !(IsPlain(program) && policy.Exec.Any(root => IsBeneath(program, root))))
        {
            yield return new Problem(AgentCodes.PolicyExecutable,
                What: $"{unit.Id}: '{program}' is neither the unit's own ('./…') nor beneath one of [{string.Join(", ", policy.Exec)}]",
                Fix: "add a root to \"exec\" in policy.json on the node, or name the executable by its full path there");
        }
    }

    private static IEnumerable<Problem> Device(Unit unit, DeviceSpec device, AgentPolicy policy)
    {
        foreach (var problem in Host(unit, Host(device), policy))
        {
            yield return problem;
        }

        if (device is { Protocol: DeviceProtocol.ModbusRtu, Connection.Serial.Path: var path } &&
            !(IsPlain(path) && policy.Devices.Serial.Any(p => Pattern.Matches(p, path))))
        {
            yield return new Problem(AgentCodes.PolicyDevice,
                What: $"{unit.Id}: the serial port '{path}' is none of [{string.Join(", ", policy.Devices.Serial)}]",
                Fix: "add it to \"devices\".\"serial\" in policy.json on the node");
        }

        if (device.Connection.Mapper is { Protocol: var protocol } && !policy.Devices.Mappers.Any(p => Pattern.Matches(p, protocol)))
        {
            yield return new Problem(AgentCodes.PolicyDevice,
                What: $"{unit.Id}: the protocol '{protocol}' of a mapper is none of [{string.Join(", ", policy.Devices.Mappers)}]",
                Fix: "add it to \"devices\".\"mappers\" in policy.json on the node");
        }

        foreach (var property in device.Properties.Where(p => p.Desired is not null))
        {
            if (!MayWrite(policy, unit.Name, property.Name))
            {
                var name = $"{unit.Name}/{property.Name}";
                yield return new Problem(AgentCodes.PolicyDevice,
                    What: $"{unit.Id}: '{name}' may not be written; writable are [{string.Join(", ", policy.Devices.Writable)}]",
                    Fix: "add it to \"devices\".\"writable\" in policy.json on the node, or drop the desired value");
            }
        }
    }

    private static IEnumerable<Problem> Host(Unit unit, string? host, AgentPolicy policy)
    {
        if (host is not null && !policy.Devices.Hosts.Any(p => Pattern.Matches(p, host)))
        {
            yield return new Problem(AgentCodes.PolicyDevice,
                What: $"{unit.Id}: the host '{host}' is none of [{string.Join(", ", policy.Devices.Hosts)}]",
                Fix: "add it to \"devices\".\"hosts\" in policy.json on the node");
        }
    }

    private static string HostOf(string url) => Uri.TryCreate(url, UriKind.Absolute, out var parsed) ? parsed.Host : url;

    private static string? Host(DeviceSpec device) => device.Protocol switch
    {
        DeviceProtocol.Mqtt or DeviceProtocol.Http or DeviceProtocol.EdgeX => device.Connection.Url is { } url ? HostOf(url) : null,
        DeviceProtocol.ModbusTcp => device.Connection.Host,
        _ => null,
    };

    private static bool IsPlain(string path) =>
        path.StartsWith('/') && !path.Contains('\0', StringComparison.Ordinal) &&
        path[1..].Split('/').All(segment => segment is not ("" or "." or ".."));

    private static bool IsBeneath(string path, string root) =>
        root == "/" || path == root.TrimEnd('/') || path.StartsWith(root.TrimEnd('/') + "/", StringComparison.Ordinal);
}
