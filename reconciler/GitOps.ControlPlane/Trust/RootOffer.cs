using System.Globalization;
using GitOps.Bundles;
using GitOps.Bundles.Publications;
using GitOps.ControlPlane.Identity;
using GitOps.ControlPlane.Store;
using GitOps.Platform.Files;

namespace GitOps.ControlPlane.Trust;

/// <summary>
/// A root handed to a control plane that runs: a file in its data directory, placed whole. It is judged before it is offered and again by
/// whoever takes it; the control plane then does what it does at a start.
/// </summary>
public static class RootOffer
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);

    /// <summary>Offers it, and waits until it was taken.</summary>
    /// <param name="publicationKey">A file with the key that signs publications from now on; null: the one in use.</param>
    /// <param name="limit">For how long.</param>
    /// <exception cref="RootFiles.UnusableException">A file cannot be used.</exception>
    public static async Task<RootPublished> MakeAsync(
        IFileLayer layer, DataDirectory data, RootFile next, string? publicationKey, TimeSpan limit, TimeProvider time, CancellationToken cancellationToken)
    {
        var current = Published(layer, data);
        using (var key = RootFiles.ReadPrivate(layer, publicationKey ?? TrustStore.PublicationKeyPath(data.Keys), passphrase: null))
        {
            if (RootPublishing.Judge(layer, data, current, next, key.KeyId) is { } refused)
            {
                return new RootPublished.Refused(refused);
            }

            key.Save(layer, TrustStore.NextPublicationKeyPath(data.Keys));
        }

        AtomicFile.Write(layer, data.OfferedRoot, next.Bytes, AtomicFile.Readable);
        var until = time.GetUtcNow() + limit;
        while (layer.Stat(data.OfferedRoot) is not null)
        {
            if (time.GetUtcNow() > until)
            {
                return NotTaken(next, "lies there and is not taken",
                    $"look at what the control plane logs; it takes {data.OfferedRoot} as soon as it looks, unless the file is removed");
            }

            await Task.Delay(Look, time, cancellationToken).ConfigureAwait(false);
        }

        return Published(layer, data) is { } now && now == next.Root
            ? new RootPublished.Done(next.Root.Version, RootPublishing.LeftOver(layer, data, next.Root))
            : NotTaken(next, "was refused by the running control plane", "it logs why; nothing was changed");
    }

    /// <summary>Completes when a root is offered.</summary>
    public static async Task SeenAsync(IFileLayer layer, DataDirectory data, TimeProvider time, CancellationToken cancellationToken)
    {
        while (!IsThere())
        {
            await Task.Delay(Look, time, cancellationToken).ConfigureAwait(false);
        }

        bool IsThere()
        {
            try
            {
                return layer.Stat(data.OfferedRoot) is not null;
            }
            catch (FileLayerException)
            {
                return false; // a disk that cannot be asked now is no reason to stop serving
            }
        }
    }

    /// <summary>Whether what is offered can be taken, judged without the store; one that cannot is removed.</summary>
    /// <returns>Why not; null: it can.</returns>
    public static Problem? Judge(IFileLayer layer, DataDirectory data)
    {
        try
        {
            using var key = RootFiles.ReadPrivate(layer, TrustStore.NextPublicationKeyPath(data.Keys), passphrase: null);
            var problem = RootPublishing.Judge(layer, data, Published(layer, data), RootFiles.Read(layer, data.OfferedRoot), key.KeyId);
            if (problem is not null)
            {
                Remove(layer, data);
            }

            return problem;
        }
        catch (RootFiles.UnusableException unusable)
        {
            Remove(layer, data);
            return unusable.Problem;
        }
    }

    /// <summary>Puts what is offered into the store, of which the caller holds the lease and which nobody else has open.</summary>
    /// <returns>Why not; null: it is published.</returns>
    public static Problem? Take(IFileLayer layer, DataDirectory data, string fleet)
    {
        try
        {
            var published = RootPublishing.Put(
                layer, data, fleet, RootFiles.Read(layer, data.OfferedRoot), TrustStore.NextPublicationKeyPath(data.Keys));
            return published is RootPublished.Refused(var problem) ? problem : null;
        }
        catch (RootFiles.UnusableException unusable)
        {
            return unusable.Problem;
        }
        finally
        {
            Remove(layer, data);
        }
    }

    private static void Remove(IFileLayer layer, DataDirectory data)
    {
        if (layer.Stat(data.OfferedRoot) is not null)
        {
            layer.Unlink(data.OfferedRoot);
            layer.FlushDirectory(data.Path);
        }
    }

    private static RootStatement? Published(IFileLayer layer, DataDirectory data) =>
        layer.Read(data.Root, DsseEnvelope.MaxBytes) is { } bytes && RootStatement.ReadFirst(bytes) is RootReading.Trusted(var root) ? root : null;

    private static RootPublished.Refused NotTaken(RootFile next, string what, string fix) =>
        new(new Problem(TrustCodes.NotTaken, string.Create(CultureInfo.InvariantCulture, $"root {next.Root.Version} {what}"), fix));
}
