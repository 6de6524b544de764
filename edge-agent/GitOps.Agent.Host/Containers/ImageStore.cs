using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using GitOps.Agent.Containers;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;

namespace GitOps.Agent.Host.Containers;

/// <summary>
/// The images the agent brought here: pulled while what runs goes on, kept while a bundle that counts (committed, last good,
/// on its way) names them, and removed after that. Images that others brought are never removed.
/// </summary>
/// <param name="recordPath">Which images the agent pulled.</param>
/// <param name="reserveBytes">What a pull leaves free where the engine keeps images.</param>
internal sealed class ImageStore(
    Engine engine, RegistryLogins logins, IFileLayer layer, string recordPath, long reserveBytes, Func<string, long?> freeBytes) : IDisposable
{
    private const int LimitBytes = 1 << 20;
    private readonly SemaphoreSlim _alone = new(1, 1);
    private ImmutableSortedSet<string>? _pulled;
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
    /// <returns>Null when it is here; else why not, an environment cause.</returns>
    public async Task<Problem?> EnsureAsync(string reference, CancellationToken cancellationToken)
    {
        await _alone.WaitAsync(cancellationToken);
        try
        {
            if (await engine.FindImageAsync(reference, cancellationToken) is not null)
            {
                return null;
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

            Remember(Pulled.Add(reference)); // before: what a crash leaves half pulled is ours as well
            await engine.PullAsync(reference, login, () => HasRoom(root), cancellationToken);
            return await engine.FindImageAsync(reference, cancellationToken) is not null ? null
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

    private ImmutableSortedSet<string> Pulled => _pulled ??= ReadRecord();

    private async Task CollectAsync(CancellationToken cancellationToken)
    {
        if (_kept is not { } kept)
        {
            return; // what counts is not known yet: nothing goes
        }

        foreach (var reference in Pulled.Except(kept))
        {
            try
            {
                await engine.RemoveImageAsync(reference, cancellationToken);
                Remember(Pulled.Remove(reference));
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

    private ImmutableSortedSet<string> ReadRecord()
    {
        try
        {
            return layer.Read(recordPath, LimitBytes) is { } bytes && JsonSerializer.Deserialize(bytes, ImagesJson.Default.ImagesRecord) is { Format: 1 } record
                ? [.. record.Pulled]
                : [];
        }
        catch (JsonException)
        {
            return []; // costs disk, and no image of anybody
        }
    }

    private void Remember(ImmutableSortedSet<string> pulled)
    {
        if (_pulled is null || !_pulled.SetEquals(pulled))
        {
            AtomicFile.Write(layer, recordPath, JsonSerializer.SerializeToUtf8Bytes(new ImagesRecord(1, [.. pulled]), ImagesJson.Default.ImagesRecord));
            _pulled = pulled;
        }
    }
}

/// <summary>References of images the agent pulled.</summary>
internal sealed record ImagesRecord(int Format, IReadOnlyList<string> Pulled);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ImagesRecord))]
internal sealed partial class ImagesJson : JsonSerializerContext;
