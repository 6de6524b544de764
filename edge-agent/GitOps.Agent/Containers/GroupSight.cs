using GitOps.Agent.Links;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Containers;

/// <summary>What was seen of a group, sorted by what the unit wants of it.</summary>
internal sealed class GroupSight
{
    private readonly Dictionary<string, ContainerState> _known = new(StringComparer.Ordinal);

    public GroupSight(Unit desired, Bundle bundle, GroupState observed)
    {
        var (group, key) = (desired.Group, GroupKey.Of(desired, bundle));
        (Group, Key, Observed, UnitVolumes, Site) = (group, key, observed, group.UnitVolumes(bundle), LinkPolicy.Of(bundle));
        var roles = group.Init.Select(c => (c.Name, Role: ContainerRole.Init))
            .Concat(group.Containers.Select(c => (c.Name, Role: ContainerRole.Main)))
            .Append(("", ContainerRole.Sandbox))
            .ToHashSet();
        List<ContainerState> strays = [];
        foreach (var container in observed.Containers)
        {
            if (container.Key != key || !roles.Contains((container.Name, container.Role)) || !_known.TryAdd(container.Name, container))
            {
                strays.Add(container);
            }
        }

        HasStrays = strays.Count > 0;
    }

    public ContainerGroupSpec Group { get; }

    public Digest Key { get; }

    public GroupState Observed { get; }

    public EquatableArray<UnitVolumePath> UnitVolumes { get; }

    /// <summary>What the bundle says of the link.</summary>
    public LinkPolicy? Site { get; }

    /// <summary>There are containers of ours that the unit does not want: made from something else, or twice.</summary>
    public bool HasStrays { get; }

    /// <summary>Somebody removed a container that the agent had started from what is desired now.</summary>
    public bool WasTaken(string name) => Find(name) is null && Observed.Started.Contains(new StartedContainer(name, Key.ToString()));

    /// <summary>Somebody removed the network of the group, and with it what ran there.</summary>
    public bool WasTakenWhole => !HasStrays && Sandbox is null && Observed.Started.Any(started => started.Key == Key.ToString());

    public ContainerState? Sandbox => Find("");

    /// <summary>All that ran once came to their end: known also when those that ran once are gone and the others are there.</summary>
    public bool IsInitialised =>
        Group.Containers.Any(c => Find(c.Name) is not null) || Group.Init.All(c => Find(c.Name)?.Run is { IsRunning: false, ExitCode: 0 });

    public ContainerState? Find(string name) => _known.GetValueOrDefault(name);

    public GroupStep.Pull Pull(string image) => new(image) { Because = "it is not on this node", Site = Site };

    /// <summary>Why the whole group has to be made anew; null when it has not.</summary>
    public string? AnewBecause() =>
        Observed.Containers.IsEmpty ? "it does not run"
        : HasStrays ? "what it runs has changed"
        : Sandbox is not { Run.IsRunning: true } ? "its network is gone"
        : Observed.Overflow;
}
