using GitOps.Agent.Host.Secrets;
using GitOps.Agent.Loop;
using GitOps.Bundles;
using GitOps.Bundles.Publications;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;

namespace GitOps.Agent.Host.Store;

/// <summary>What became of a file that was carried here.</summary>
internal abstract record ImportOutcome
{
    private ImportOutcome() { } // closed: every case is in this file

    public sealed record Taken(string Said) : ImportOutcome;

    public sealed record Refused(Problem Problem) : ImportOutcome;
}

/// <summary>
/// Brings a generation onto this node from a file, as from the store: the pointer is judged first, then its bundle and what
/// that names are taken in by digest, and nothing else of the file.
/// </summary>
internal sealed class CarriedImport(NodeIdentity identity, LocalBlobs blobs, SealedFiles secrets, Func<long> freeBytes)
{
    private const string Again = "write the file again with 'gitops export --node', and see that the whole of it is copied";

    public async Task<ImportOutcome> TakeAsync(string path, AgentLoop loop, CancellationToken cancellationToken)
    {
        try
        {
            var archive = new CarriedArchive(path, identity.Fleet, identity.Node);
            if (await Task.Run(archive.ReadDocuments, cancellationToken) is not { } store)
            {
                return Refuse(BundleCodes.Unreadable, $"{path} holds nothing for node {identity.Node} of fleet {identity.Fleet}", Again);
            }

            if (store.Judge(identity, loop.View.State) is PointerVerdict.Refused(var refused))
            {
                return new ImportOutcome.Refused(refused);
            }

            var pointer = Pointer.TryRead(store.Pointer)!;
            if (pointer.Leaf.Bundle is { } bundle && await Task.Run(() => TakeBlobs(archive, bundle, pointer.BundleBytes), cancellationToken) is { } problem)
            {
                return new ImportOutcome.Refused(problem);
            }

            if (store.Sealed is { } bytes && SealedSecrets.TryRead(bytes, identity.Fleet, identity.Node, store.Keys(identity, loop.View.State)) is { } forUs)
            {
                secrets.Take(forUs);
            }

            return await loop.BringAsync(store).WaitAsync(cancellationToken) is { } late
                ? new ImportOutcome.Refused(late)
                : new ImportOutcome.Taken($"generation {pointer.Leaf.Generation} is on this node: 'gitops-agent status' says how it goes on");
        }
        catch (FileLayerException e)
        {
            return Refuse(e.Fault == FileFault.Full ? AgentCodes.NoRoom : AgentCodes.FileFailed, e.Message, "check the disk of the state directory");
        }
        catch (IOException e)
        {
            return Refuse(AgentCodes.ImportFailed, e.Message, Again);
        }
    }

    private Problem? TakeBlobs(CarriedArchive archive, Digest digest, long bundleBytes)
    {
        if (bundleBytes > BundleJson.MaxBytes)
        {
            return new Problem(BundleCodes.Unreadable, $"the bundle is said to have {bundleBytes} bytes, at most {BundleJson.MaxBytes} are read", Again);
        }

        if (blobs.Has(digest) && blobs.Read(digest) is null)
        {
            blobs.Remove(digest); // damaged: what was carried here mends it
        }

        if (Take(archive, [new ContentPart.Blob(digest, bundleBytes)]) is { } problem)
        {
            return problem;
        }

        // A bundle that this agent cannot carry out is refused by the loop, with all its reasons; but for the agent that can.
        return blobs.Read(digest) is not { } bytes ? null
            : BundleJson.Read(bytes) is BundleReading.Read(var bundle) ? Take(archive, [.. bundle.Blobs()])
            : BundleJson.FindAgent(bytes) is { } newer ? Take(archive, [newer.Blob])
            : null;
    }

    private Problem? Take(CarriedArchive archive, IReadOnlyCollection<ContentPart.Blob> wanted)
    {
        var missing = wanted.Where(b => !blobs.Has(b.Digest)).ToDictionary(b => b.Digest);
        if (StoreClient.WhyNoRoom(missing.Values, freeBytes()) is { } noRoom)
        {
            return noRoom;
        }

        string? damaged = null;
        archive.ReadBlobs(missing.Keys.ToHashSet(), (digest, _, content) => (damaged = blobs.Take(digest, missing[digest].SizeBytes, content)) is null);
        return damaged is not null ? new Problem(BundleCodes.WrongDigest, damaged, Again)
            : missing.Keys.Where(d => !blobs.Has(d)).Cast<Digest?>().FirstOrDefault() is { } absent
                ? new Problem(BundleCodes.WrongDigest, $"blob {absent} is not in the file", Again)
            : null;
    }

    private static ImportOutcome.Refused Refuse(ErrorCode code, string what, string fix) => new(new Problem(code, what, fix));
}
