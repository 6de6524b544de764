using GitOps.Bundles;

namespace GitOps.ControlPlane.Store;

/// <summary>Something under a path of the store: what a node's GET is answered with.</summary>
/// <param name="ETag">Changes when the bytes do; without the quotes HTTP puts around it.</param>
/// <param name="IsImmutable">The path never names other bytes: caches may keep it for ever.</param>
public sealed record StoredObject(string ETag, bool IsImmutable, Func<byte[]?> Read)
{
    /// <summary>Null when the disk no longer holds what it should; the blob is stored again from Git.</summary>
    public Func<byte[]?> Read { get; } = Read;
}

/// <summary>A blob to store. <paramref name="Names"/>: the blobs it names, where it is a bundle.</summary>
public sealed record NewBlob(Digest Digest, ReadOnlyMemory<byte> Bytes, EquatableArray<Digest> Names = default);

public abstract record StoreOpening
{
    private StoreOpening() { } // closed: every case is in this file

    public sealed record Opened(ContentStore Store) : StoreOpening;

    public sealed record Refused(Problem Problem) : StoreOpening;
}
