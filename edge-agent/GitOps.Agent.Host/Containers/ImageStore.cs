using System.Collections.Immutable;
using GitOps.Agent.Containers;
using GitOps.Agent.Host.Links;
using GitOps.Agent.Links;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Host.Containers;

/// <summary>
/// The images the agent brought here: pulled while what runs goes on, kept while a bundle that counts (committed, last good,
/// on its way) names them, and removed after that. Images that others brought are never removed.
/// </summary>
/// <param name="reserveBytes">What a pull leaves free where the engine keeps images.</param>
internal sealed class ImageStore(
    Engine engine, RegistryLogins logins, ImageRecords records, LinkLedger ledger, long reserveBytes, Func<string, long?> freeBytes) : IDisposable
{
    private readonly SemaphoreSlim _alone = new(1, 1);
    private ImmutableSortedSet<string>? _kept;

    public void Dispose() => _alone.Dispose();

    public async Task<IReadOnlyList<string>> MissingAsync(ContainerGroupSpec group, CancellationToken cancellationToken)
    {
        List<string> missing = [];
        foreach (var image in group.Images())
        {
            if (await engine.FindImageAsync(image, cancellationToken) is null)
            {
                missing.Add(image);
            }
        }

        return missing;
    }

    /// <summary>Brings an image here when it is not. One at a time: a thin link and a small disk have enough of one.</summary>
    /// <param name="site">What the bundle that needs it says of the link.</param>
    /// <returns>Null when it is here; else why not, an environment cause.</returns>
    public async Task<Problem?> EnsureAsync(string reference, LinkPolicy? site, CancellationToken cancellationToken)
    {
        var link = ledger.Under(site);
        await _alone.WaitAsync(cancellationToken);
        try
        {
            if (await engine.FindImageAsync(reference, cancellationToken) is not null)
            {
                return null;
            }

            if (link.Ask(1) is LinkVerdict.Held(var held))
            {
                return held;
            }

            var (_, root) = await engine.FeaturesAsync(cancellationToken);
            if (!HasRoom(root))
            {
                await CollectAsync(cancellationToken); // what nothing names goes first
            }

            if (!HasRoom(root))
            {
                return NoRoom(reference, root);
            }

            var (login, wrong) = logins.Find(reference);
            if (wrong is not null)
            {
                return wrong;
            }

            records.Write(records.Pulled.Add(reference)); // before: what a crash leaves half pulled is ours as well
            await engine.PullAsync(reference, login, () => HasRoom(root) && link.Ask(0) is LinkVerdict.Open, cancellationToken);
            if (await engine.FindImageAsync(reference, cancellationToken) is { } pulled)
            {
                link.Count(pulled.Size); // unpacked: more than what came
                return null;
            }

            return link.Ask(0) is LinkVerdict.Held(var ended) ? ended
                : HasRoom(root) ? Failed(reference, "the engine says that it pulled it, and does not have it")
                : NoRoom(reference, root);
        }
        catch (EngineException e)
        {
            return e.IsAway && e.Message.Length == 0 ? Failed(reference, "no answer") : Failed(reference, e.Message);
        }
        finally
        {
            _alone.Release();
        }
    }

    /// <summary>Removes every image that the agent pulled and none of these bundles names. What a container uses stays until it goes.</summary>
    public async Task KeepAsync(IReadOnlyList<Bundle> bundles, CancellationToken cancellationToken)
    {
        await _alone.WaitAsync(cancellationToken);
        try
        {
            _kept = [.. bundles.SelectMany(b => b.Units).Where(u => u.Spec is WorkloadSpec { Containers: not null }).SelectMany(u => u.Group.Images())];
            await CollectAsync(cancellationToken);
        }
        finally
        {
            _alone.Release();
        }
    }

    private async Task CollectAsync(CancellationToken cancellationToken)
    {
        if (_kept is not { } kept)
        {
            return; // what counts is not known yet: nothing goes
        }

        foreach (var reference in records.Pulled.Except(kept))
        {
            try
            {
                await engine.RemoveImageAsync(reference, cancellationToken);
                records.Write(records.Pulled.Remove(reference));
            }
            catch (EngineException)
            {
                // A container uses it, or the engine is away: the next time.
            }
        }
    }

    private bool HasRoom(string? root) => root is null || freeBytes(root) is not { } free || free >= reserveBytes;

    private Problem NoRoom(string reference, string? root) => new(AgentCodes.NoRoom,
        What: $"'{reference}' is not pulled: {root} has less than {reserveBytes} bytes free, which is the reserve",
        Fix: "make room on that disk, or lower imageReserveBytes in agent.json");

    private static Problem Failed(string reference, string why) => new(ContainerCodes.PullFailed,
        What: $"'{reference}' cannot be pulled: {why}", Fix: "check the registry, the network of this node, and registryLogins in agent.json");
}
