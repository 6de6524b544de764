using System.Collections.Concurrent;
using System.Security.Cryptography;
using GitOps.Agent.Generations;
using GitOps.Agent.Loop;
using GitOps.Bundles;
using GitOps.Bundles.Publications;

namespace GitOps.Agent.Tests.Loop;

/// <summary>A control plane of one node: signs what is published and serves it, with faults to order.</summary>
internal sealed class Fleet : IReleaseSource, IDisposable
{
    public const string Uid = "fleet-1";
    public const string Node = "press-1";
    private readonly EcdsaSigner _rootSigner = NewSigner();
    private readonly Dictionary<long, byte[]> _roots = [];
    private EcdsaSigner _signer = NewSigner();
    private readonly Dictionary<Digest, byte[]> _served = [];
    private readonly ConcurrentDictionary<Digest, byte[]> _local = [];

    /// <summary>The newest published.</summary>
    public long Generation { get; private set; }

    /// <summary>What is carried to the node.</summary>
    public RootStatement Root { get; private set; } = null!;

    /// <summary>The signed head that is served, if any.</summary>
    public byte[]? Head { get; set; }

    /// <summary>So many exchanges fail before one works again.</summary>
    public int FailNext { get; set; }

    /// <summary>So many bundles cannot be fetched before one can.</summary>
    public int FailNextFetches { get; set; }

    public byte[]? Pointer { get; set; }

    public IReadOnlyCollection<Digest> Local => [.. _local.Keys];

    public Fleet() => Root = NewRoot(1);

    public static EcdsaSigner NewSigner() => new(ECDsa.Create(ECCurve.NamedCurves.nistP256));

    /// <summary>Publications are signed by another key from now on, and the next root says so.</summary>
    /// <param name="by">Who signs the next root; null: those who may.</param>
    public void Rotate(ISigner? by = null)
    {
        _signer.Dispose();
        _signer = NewSigner();
        var version = 2 + _roots.Count;
        _roots[version] = NewRoot(version).Sign(by ?? _rootSigner).ToBytes();
    }

    /// <summary>The store forgets every root but the first.</summary>
    public void LoseRoots() => _roots.Clear();

    public void SignHead(DateTimeOffset validUntil) => Head = new HeadStatement
    {
        Fleet = Uid,
        Generation = Generation,
        Time = validUntil.AddDays(-2),
        ValidUntil = validUntil,
    }.Sign(_signer).ToBytes();

    public long Publish(Bundle bundle, long? generation = null)
    {
        return Publish(bundle.ToBytes(), generation);
    }

    /// <summary>A bundle as another release writes it.</summary>
    public long Publish(byte[] bytes, long? generation = null)
    {
        _served[Digest.Of(bytes)] = bytes;
        return Publish(new PublicationEntry(Node, Digest.Of(bytes), bytes.Length), generation);
    }

    public long Publish(PublicationEntry entry, long? generation = null)
    {
        Generation = generation ?? Generation + 1;
        Pointer = Publication.Sign(Uid, Generation, "0123456789abcdef", [entry], _signer)[0].ToBytes();
        return Generation;
    }

    public void Damage(Digest digest) => _local.TryRemove(digest, out _);

    public Task<PullOutcome> PullAsync(CancellationToken cancellationToken) => Task.FromResult<PullOutcome>(
        Fails() ? new PullOutcome.Unreachable(Away) : Pointer is { } pointer ? new PullOutcome.Fetched(pointer) : new PullOutcome.Missing());

    public Task<PullOutcome> FetchRootAsync(long version, CancellationToken cancellationToken) => Task.FromResult<PullOutcome>(
        _roots.TryGetValue(version, out var bytes) ? new PullOutcome.Fetched(bytes) : new PullOutcome.Missing());

    public Task<PullOutcome> FetchHeadAsync(CancellationToken cancellationToken) => Task.FromResult<PullOutcome>(
        Head is { } bytes ? new PullOutcome.Fetched(bytes) : new PullOutcome.Missing());

    public Task<FetchOutcome> FetchBundleAsync(Release release, CancellationToken cancellationToken)
    {
        if (Fails() || (FailNextFetches > 0 && FailNextFetches-- > 0))
        {
            return Task.FromResult<FetchOutcome>(new FetchOutcome.Failed(Away));
        }

        _local[release.Bundle] = release.Bundle == Digest.Of(Bundle.Empty.ToBytes()) ? Bundle.Empty.ToBytes() : _served[release.Bundle];
        return Task.FromResult<FetchOutcome>(new FetchOutcome.Done());
    }

    public Task<FetchOutcome> FetchBlobsAsync(Bundle bundle, CancellationToken cancellationToken) =>
        Task.FromResult<FetchOutcome>(Fails() ? new FetchOutcome.Failed(Away) : new FetchOutcome.Done());

    public byte[]? ReadBundle(Digest digest) => _local.GetValueOrDefault(digest);

    public void Collect(IReadOnlySet<Digest> keep)
    {
        foreach (var digest in _local.Keys.Where(d => !keep.Contains(d)).ToList())
        {
            _local.TryRemove(digest, out _);
        }
    }

    public void Dispose()
    {
        _signer.Dispose();
        _rootSigner.Dispose();
    }

    private RootStatement NewRoot(long version) => new()
    {
        Fleet = Uid,
        Version = version,
        Threshold = 1,
        RootKeys = [_rootSigner.Key],
        PublicationKeys = [_signer.Key],
        Authorities = [],
    };

    private static Problem Away => new(AgentCodes.Unreachable, "the store is away", "wait");

    private bool Fails() => FailNext > 0 && FailNext-- > 0;
}
