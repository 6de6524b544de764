using System.Globalization;
using GitOps.Agent.Generations;
using GitOps.Agent.Host.Links;
using GitOps.Agent.Links;
using GitOps.Agent.Host.Faults;
using GitOps.Agent.Loop;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;
using GitOps.Platform.Http;

namespace GitOps.Agent.Host.Store;

/// <summary>The store over HTTPS (docs/contracts.md §4) and its copy on this disk. Fetching goes on where it broke off.</summary>
/// <param name="freeBytes">What the disk of the blobs has left.</param>
internal sealed class StoreClient(
    NodeHttp http, string fleet, string node, IFileLayer layer, LocalBlobs blobs, LinkLedger ledger, Func<long> freeBytes) : IReleaseSource
{
    /// <summary>Room that is left to everything else on the node, and to going back.</summary>
    public const long ReserveBytes = 32L << 20;

    private string? _etag;

    public async Task<PullOutcome> PullAsync(CancellationToken cancellationToken)
    {
        var answer = await http.GetAsync(StorePaths.Pointer(fleet, node), _etag, cancellationToken);
        if (answer is HttpAnswer.Content(_, var etag))
        {
            _etag = etag;
            Failpoints.Reach(Failpoint.PointerFetched);
        }

        return ToOutcome(answer);
    }

    public async Task<PullOutcome> FetchRootAsync(long version, CancellationToken cancellationToken) =>
        ToOutcome(await http.GetAsync(StorePaths.Root(fleet, version), etag: null, cancellationToken));

    public async Task<PullOutcome> FetchHeadAsync(CancellationToken cancellationToken) =>
        ToOutcome(await http.GetAsync(StorePaths.Head(fleet), etag: null, cancellationToken));

    private static PullOutcome ToOutcome(HttpAnswer answer)
    {
        switch (answer)
        {
            case HttpAnswer.Content(var body, _):
                return new PullOutcome.Fetched(body.ToArray());
            case HttpAnswer.NotModified:
                return new PullOutcome.Unchanged();
            case HttpAnswer.NotFound:
                return new PullOutcome.Missing();
            case HttpAnswer.Refused(var status, var detail):
                return new PullOutcome.Unreachable(Unreachable(
                    string.Create(CultureInfo.InvariantCulture, $"the store refuses this node with {status}: {detail}")));
            case HttpAnswer.Unreachable(var because):
                return new PullOutcome.Unreachable(Unreachable(because));
            default:
                throw new System.Diagnostics.UnreachableException($"no such answer: {answer}");
        }
    }

    public async Task<FetchOutcome> FetchBundleAsync(Release release, CancellationToken cancellationToken)
    {
        if (release.Bundle == Digest.Of(Bundle.Empty.ToBytes()))
        {
            return Try(() => blobs.Write(release.Bundle, Bundle.Empty.ToBytes())); // what a tombstone leads to is in no store
        }

        if (release.BundleBytes > BundleJson.MaxBytes)
        {
            return Failed(AgentCodes.NoRoom, $"the bundle is said to have {release.BundleBytes} bytes, at most {BundleJson.MaxBytes} are read",
                "make the node's bundle smaller");
        }

        if (blobs.Has(release.Bundle) && blobs.Read(release.Bundle) is null)
        {
            blobs.Remove(release.Bundle);
        }

        var outcome = await FetchAsync([new ContentPart.Blob(release.Bundle, release.BundleBytes)], link: null, cancellationToken);
        Failpoints.Reach(Failpoint.BundleFetched);
        return outcome;
    }

    public Task<FetchOutcome> FetchBlobsAsync(Bundle bundle, CancellationToken cancellationToken) =>
        FetchAsync([.. bundle.Blobs()], ledger.Under(LinkPolicy.Of(bundle)), cancellationToken);

    /// <param name="link">Whose window and budget count; null: none do.</param>
    private async Task<FetchOutcome> FetchAsync(
        IReadOnlyCollection<ContentPart.Blob> wanted, IMeteredLink? link, CancellationToken cancellationToken)
    {
        try
        {
            var missing = wanted.Where(b => !blobs.Has(b.Digest)).ToList();
            if (WhyNoRoom(missing, freeBytes()) is { } noRoom)
            {
                return new FetchOutcome.Failed(noRoom);
            }

            foreach (var blob in missing)
            {
                blobs.EnsureShard(blob.Digest);
                if (await FetchAsync(blob, link, cancellationToken) is { } failure)
                {
                    return failure;
                }

                blobs.NoteFetched(blob.Digest);
                Failpoints.Reach(Failpoint.BlobFetched);
            }

            return new FetchOutcome.Done();
        }
        catch (FileLayerException e)
        {
            return Failed(e.Fault == FileFault.Full ? AgentCodes.NoRoom : AgentCodes.FileFailed, e.Message, "check the disk of the state directory");
        }
    }

    /// <summary>Why one blob is not here yet; null when it is. What came stays for the next try, and counts.</summary>
    private async Task<FetchOutcome.Failed?> FetchAsync(ContentPart.Blob blob, IMeteredLink? link, CancellationToken cancellationToken)
    {
        var before = PartialBytes(blob);
        var verdict = link?.Ask(blob.SizeBytes - before) ?? new LinkVerdict.Open(null);
        if (verdict is LinkVerdict.Held(var held))
        {
            return new FetchOutcome.Failed(held);
        }

        using var window = new CancellationTokenSource();
        if (verdict is LinkVerdict.Open({ } left))
        {
            window.CancelAfter(left);
        }

        using var either = CancellationTokenSource.CreateLinkedTokenSource(window.Token, cancellationToken);
        Download download;
        try
        {
            download = await BlobDownload.FetchAsync(http, StorePaths.Blob(fleet, blob.Digest), layer,
                blobs.PathOf(blob.Digest), blob.Digest.Hex, blob.SizeBytes, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            download = new Download.Interrupted("the download window ended; what came is kept");
        }
        finally
        {
            (link ?? ledger.Under(site: null)).Count((layer.Stat(blobs.PathOf(blob.Digest)) is null ? PartialBytes(blob) : blob.SizeBytes) - before);
        }

        return ToFailure(download, blob);
    }

    private long PartialBytes(ContentPart.Blob blob) => layer.Stat(BlobDownload.PartialPath(blobs.PathOf(blob.Digest)))?.SizeBytes ?? 0;

    /// <summary>
    /// Whether blobs that are not here yet would fit: each is kept once and placed once, and the reserve stays free, so that
    /// the node can always go back to the generation it has.
    /// </summary>
    public static Problem? WhyNoRoom(IReadOnlyCollection<ContentPart.Blob> missing, long free)
    {
        var needed = 2 * missing.Sum(b => b.SizeBytes);
        return needed == 0 || free - needed >= ReserveBytes ? null : new Problem(AgentCodes.NoRoom,
            string.Create(CultureInfo.InvariantCulture,
                $"{needed} bytes are needed, to keep and to place {missing.Count} blob(s); {free} are free and {ReserveBytes} stay free for going back"),
            "make room on the disk of the state directory");
    }

    public byte[]? ReadBundle(Digest digest) => blobs.Read(digest);

    public void Collect(IReadOnlySet<Digest> keep)
    {
        try
        {
            Failpoints.Reach(Failpoint.Collecting);
            blobs.Collect(keep);
        }
        catch (FileLayerException)
        {
            // Only room is lost; the next commit collects again.
        }
    }

    private static FetchOutcome.Failed? ToFailure(Download download, ContentPart.Blob blob) => download switch
    {
        Download.Done => null,
        Download.NotFound => Failed(AgentCodes.Unreachable, $"the store does not have {blob.Digest}", "publish again; the store may be behind a cache"),
        Download.Damaged(var because) => Failed(BundleCodes.WrongDigest, because, "check the store and what is between it and this node"),
        Download.Interrupted(var because) => new FetchOutcome.Failed(Unreachable(because)),
        _ => throw new System.Diagnostics.UnreachableException($"no such download: {download}"),
    };

    private static FetchOutcome Try(Action write)
    {
        try
        {
            write();
            return new FetchOutcome.Done();
        }
        catch (FileLayerException e)
        {
            return Failed(AgentCodes.FileFailed, e.Message, "check the disk of the state directory");
        }
    }

    private static Problem Unreachable(string what) =>
        new(AgentCodes.Unreachable, what, "nothing: it is tried again; check the network when it lasts");

    private static FetchOutcome.Failed Failed(ErrorCode code, string what, string fix) => new(new Problem(code, what, fix));
}
