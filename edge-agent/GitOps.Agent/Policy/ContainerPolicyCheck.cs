using GitOps.Agent.Containers;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Policy;

/// <summary>Decides whether a group of containers asks for no more than the node allows.</summary>
internal static class ContainerPolicyCheck
{
    /// <param name="path">Finds what is wrong with a path of the node, whichever roots it may lie beneath.</param>
    public static IEnumerable<Problem> Check(Unit unit, ContainerPolicy policy, Func<string, IReadOnlyList<string>, IEnumerable<Problem>> path)
    {
        var group = unit.Group;
        return
        [
            .. group.Volumes.Where(v => v.Host is not null).SelectMany(v => path(v.Host!.Path, policy.HostPaths)),
            .. Flag(unit.Id.ToString(), group.HostNetwork, policy.HostNetwork, "the node's network", "hostNetwork"),
            .. Flag(unit.Id.ToString(), group.HostPid, policy.HostPid, "the node's processes", "hostPid"),
            .. group.All().SelectMany(c => Check($"{unit.Id}: container '{c.Name}'", c, policy)),
        ];
    }

    private static IEnumerable<Problem> Check(string who, ContainerSpec container, ContainerPolicy policy)
    {
        var security = container.Security ?? new ContainerSecurity();
        var repository = container.Image.Split('@')[0];
        return
        [
            .. Listed(who, "the image", [repository], policy.Images, "images"),
            .. Listed(who, "the user", container.User is { } user ? [user] : [], policy.Users, "users"),
            .. Listed(who, "the group", container.Groups.Select(Text), policy.Users, "users"),
            .. Listed(who, "the capability", security.AddCapabilities, policy.Capabilities, "capabilities"),
            .. Listed(who, "the device", security.Devices, policy.Devices, "devices"),
            .. Flag(who, security.Privileged, policy.Privileged, "to be privileged", "privileged"),
            .. Flag(who, security.SeccompUnconfined, policy.SeccompUnconfined, "system calls without a filter", "seccompUnconfined"),
        ];
    }

    private static IEnumerable<Problem> Listed(
        string who, string what, IEnumerable<string> wanted, IReadOnlyList<string> allowed, string member) =>
        from value in wanted
        where !allowed.Any(pattern => Pattern.Matches(pattern, value))
        select new Problem(ContainerCodes.Policy,
            What: $"{who}: {what} '{value}' is none of [{string.Join(", ", allowed)}]",
            Fix: $"add it to \"containers\".\"{member}\" in policy.json on the node, or use another one");

    private static IEnumerable<Problem> Flag(string who, bool isWanted, bool isAllowed, string what, string member)
    {
        if (isWanted && !isAllowed)
        {
            yield return new Problem(ContainerCodes.Policy, What: $"{who} asks for {what}, which this node does not allow",
                Fix: $"set \"containers\".\"{member}\" in policy.json on the node, or do without");
        }
    }

    private static string Text(int number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
