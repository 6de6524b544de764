using System.Security.Cryptography;
using GitOps.Bundles;
using GitOps.Platform.Files;
using GitOps.Platform.Http;

namespace GitOps.Agent.Host.Store;

/// <summary>Content by its digest, on this disk. What is read is checked again: disks forget.</summary>
internal sealed class LocalBlobs(IFileLayer layer, string directory)
{
    public const int LimitBytes = 256 << 20;
    private const int PieceBytes = 256 * 1024;

    private readonly HashSet<Digest> _missed = [];

    /// <summary>Told once of content that is needed and is not there, or damaged: somebody should bring it again.</summary>
    public Action? Missing { get; set; }

    public string PathOf(Digest digest) => $"{directory}/{digest.Hex[..2]}/{digest.Hex[2..]}";

    public bool Has(Digest digest) => layer.Stat(PathOf(digest)) is { Kind: FileKind.File };

    /// <summary>Null when it is not there, or not what its name says.</summary>
    public byte[]? Read(Digest digest)
    {
        try
        {
            return layer.Read(PathOf(digest), LimitBytes) is { } bytes && Digest.Of(bytes) == digest ? bytes : null;
        }
        catch (FileLayerException)
        {
            return null; // a failing disk and a missing blob call for the same: fetch it again
        }
    }

    /// <summary>The same for content that a unit needs now: what is damaged is removed, so that it is fetched again.</summary>
    public byte[]? ReadNeeded(Digest digest)
    {
        if (Read(digest) is { } bytes)
        {
            return bytes;
        }

        bool isNew;
        lock (_missed)
        {
            isNew = _missed.Add(digest);
        }

        if (isNew)
        {
            layer.TryUnlink(PathOf(digest));
            Missing?.Invoke();
        }

        return null;
    }

    /// <summary>It is here again; should it be damaged once more, that is told once more.</summary>
    public void NoteFetched(Digest digest)
    {
        lock (_missed)
        {
            _missed.Remove(digest);
        }
    }

    public void EnsureShard(Digest digest) =>
        layer.EnsureDirectory(FilePath.Parent(PathOf(digest)), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

    public void Write(Digest digest, ReadOnlySpan<byte> content)
    {
        EnsureShard(digest);
        AtomicFile.Write(layer, PathOf(digest), content);
    }

    /// <summary>Takes in a blob as it streams by; null, or why it is not what it should be, and then nothing of it is kept.</summary>
    /// <exception cref="FileLayerException">The disk failed.</exception>
    public string? Take(Digest digest, long sizeBytes, Stream content)
    {
        EnsureShard(digest);
        var (path, partial) = (PathOf(digest), BlobDownload.PartialPath(PathOf(digest)));
        layer.UnlinkIfThere(partial);
        layer.CreateFile(partial, [], AtomicFile.Private);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[PieceBytes];
        var (have, length) = (0L, 0);
        while (have <= sizeBytes && (length = content.Read(buffer)) > 0)
        {
            layer.Append(partial, buffer.AsSpan(0, length));
            hash.AppendData(buffer, 0, length);
            have += length;
        }

        if (have != sizeBytes || Convert.ToHexStringLower(hash.GetHashAndReset()) != digest.Hex)
        {
            layer.Unlink(partial);
            return $"blob {digest} should have {sizeBytes} bytes, and what is there is something else";
        }

        layer.Flush(partial);
        layer.Rename(partial, path);
        layer.FlushDirectory(FilePath.Parent(path));
        NoteFetched(digest);
        return null;
    }

    public void Remove(Digest digest) => layer.UnlinkIfThere(PathOf(digest));

    /// <summary>Removes every blob but these, and what broken-off downloads left.</summary>
    public void Collect(IReadOnlySet<Digest> keep)
    {
        var names = keep.Select(d => $"{d.Hex[..2]}/{d.Hex[2..]}").ToHashSet(StringComparer.Ordinal);
        foreach (var shard in layer.Stat(directory) is null ? [] : layer.Enumerate(directory))
        {
            foreach (var name in layer.Enumerate($"{directory}/{shard}").Where(n => !names.Contains($"{shard}/{n}")))
            {
                layer.Unlink($"{directory}/{shard}/{name}");
            }
        }
    }
}
