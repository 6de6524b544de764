using System.Collections.Concurrent;
using GitOps.Agent.Containers;
using GitOps.Bundles.Units;
using GitOps.Platform.Processes;

namespace GitOps.Agent.Host.Containers;

/// <summary>What the engine said of a group at one moment.</summary>
/// <param name="Containers">In the order they were made.</param>
/// <param name="Version">Counts what is known to have changed the group.</param>
internal sealed record GroupLook(
    Unit Unit, IReadOnlyList<InspectedContainer> Containers, IReadOnlyList<string> MissingImages, int Version, long At, bool IsSteady);

/// <summary>
/// Looks at groups without keeping an engine awake: what was seen holds until a process of it ends, the agent changes it, or
/// ten minutes are over. The kernel tells of ends; a container that is removed, stopped or replaced by hand ends as well.
/// </summary>
internal sealed class GroupWatch(Engine engine, ImageStore images, Labels labels, TimeProvider time, Action<string> ended) : IDisposable
{
    private static readonly TimeSpan LooksHold = TimeSpan.FromMinutes(10);

    /// <summary>The kernel tells of an end before the engine knows; this long the engine may take.</summary>
    private static readonly TimeSpan EngineLag = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan LagPeriod = TimeSpan.FromMilliseconds(50);

    private readonly ConcurrentDictionary<string, GroupLook> _looks = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int> _versions = new(StringComparer.Ordinal);
    private readonly Lazy<ProcessEndWatch> _ends = new(() => new ProcessEndWatch()); // a thread: only where containers run

    /// <summary>The group has changed, or may have: the next look asks the engine.</summary>
    public void Forget(string unit) => _versions.AddOrUpdate(unit, 1, (_, version) => version + 1);

    public async Task<GroupLook> LookAsync(Unit unit, CancellationToken cancellationToken)
    {
        var version = _versions.GetValueOrDefault(unit.Name);
        if (_looks.TryGetValue(unit.Name, out var known) && known.IsSteady && known.Version == version && known.Unit == unit &&
            time.GetElapsedTime(known.At) < LooksHold)
        {
            return known;
        }

        var at = time.GetTimestamp();
        List<InspectedContainer> containers = [];
        var isSteady = true;
        foreach (var listed in await engine.ListAsync(labels.Filter(unit.Name), cancellationToken))
        {
            if (await engine.InspectAsync(listed.Id, cancellationToken) is { } container)
            {
                var (seen, isWatched) = await WatchAsync(unit.Name, container, cancellationToken);
                containers.Add(seen);
                isSteady &= isWatched;
            }
        }

        containers.Sort((a, b) => string.CompareOrdinal(a.Created, b.Created));
        var missing = await images.MissingAsync(unit.Group, cancellationToken);
        return _looks[unit.Name] = new GroupLook(unit, containers, missing, version, at, isSteady);
    }

    public void Dispose()
    {
        if (_ends.IsValueCreated)
        {
            _ends.Value.Dispose();
        }
    }

    /// <returns>The container, and whether its next change will be heard of.</returns>
    private async Task<(InspectedContainer Seen, bool IsWatched)> WatchAsync(string unit, InspectedContainer container, CancellationToken cancellationToken)
    {
        var begun = time.GetTimestamp();
        while (container.State is { Running: true, Pid: > 0 and var pid })
        {
            if (_ends.Value.Watch(pid, () => Ended(unit)))
            {
                return (container, !container.State.Paused);
            }

            if (time.GetElapsedTime(begun) > EngineLag)
            {
                return (container, false); // its processes are not of this machine, or the kernel is old
            }

            await Task.Delay(LagPeriod, time, cancellationToken);
            if (await engine.InspectAsync(container.Id, cancellationToken) is not { } again)
            {
                return (container, false);
            }

            container = again;
        }

        return (container, container.State is { Running: false, Status: "exited" });
    }

    private void Ended(string unit)
    {
        Forget(unit);
        ended(unit);
    }
}
