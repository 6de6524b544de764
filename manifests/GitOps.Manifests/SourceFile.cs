namespace GitOps.Manifests;

/// <summary>
/// One file of a source tree, handed over by a shell. <paramref name="Path"/> is relative to the repository's root,
/// with
/// <c>/</c> and without <c>.</c> or <c>..</c> segments; <paramref name="BlobId"/> is Git's id of the bytes where known,
/// so that what was parsed can be kept by content.
/// </summary>
public sealed record SourceFile(string Path, ReadOnlyMemory<byte> Bytes, string? BlobId = null);
