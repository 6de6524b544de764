using System.Numerics;
using System.Security.Cryptography;

namespace GitOps.Bundles.Publications;

/// <summary>
/// The Merkle tree of RFC 6962 §2.1 over SHA-256, with this product's domain in front of every leaf, so that no other tree's
/// leaf can pass for one of ours.
/// </summary>
public static class MerkleTree
{
    private static ReadOnlySpan<byte> Domain => "gitops/publication/v1\0"u8;

    public static byte[] HashLeaf(ReadOnlySpan<byte> leaf) => Hash(0x00, Domain, leaf);

    /// <summary>The root over hashed leaves, and each leaf's audit path (RFC 6962 §2.1.1), nearest sibling first.</summary>
    /// <exception cref="ArgumentException">There are no leaves.</exception>
    public static (byte[] Root, IReadOnlyList<IReadOnlyList<byte[]>> Paths) Build(IReadOnlyList<byte[]> leaves)
    {
        if (leaves.Count == 0)
        {
            throw new ArgumentException("a publication has at least one leaf", nameof(leaves));
        }

        var paths = leaves.Select(_ => new List<byte[]>()).ToArray();
        return (Build(leaves, 0, leaves.Count, paths), paths);
    }

    /// <summary>The root an audit path leads to, or null when the path cannot belong to a tree of that size (RFC 9162 §2.1.3.2).</summary>
    public static byte[]? RootOf(ReadOnlySpan<byte> leafHash, long index, long size, IReadOnlyList<byte[]> path)
    {
        if (index < 0 || index >= size || path.Count > 63)
        {
            return null;
        }

        var (fn, sn) = (index, size - 1);
        var hash = leafHash.ToArray();
        foreach (var sibling in path)
        {
            if (sn == 0)
            {
                return null;
            }

            if ((fn & 1) == 1 || fn == sn)
            {
                hash = Hash(0x01, sibling, hash);
                var shift = BitOperations.TrailingZeroCount(fn == 0 ? 1 : fn);
                (fn, sn) = (fn >> shift, sn >> shift);
            }
            else
            {
                hash = Hash(0x01, hash, sibling);
            }

            (fn, sn) = (fn >> 1, sn >> 1);
        }

        return sn == 0 ? hash : null;
    }

    private static byte[] Build(IReadOnlyList<byte[]> leaves, int start, int count, List<byte[]>[] paths)
    {
        if (count == 1)
        {
            return leaves[start];
        }

        var split = (int)(BitOperations.RoundUpToPowerOf2((uint)count) / 2);
        var left = Build(leaves, start, split, paths);
        var right = Build(leaves, start + split, count - split, paths);
        for (var i = start; i < start + count; i++)
        {
            paths[i].Add(i < start + split ? right : left);
        }

        return Hash(0x01, left, right);
    }

    private static byte[] Hash(byte prefix, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        Span<byte> buffer = new byte[1 + first.Length + second.Length];
        buffer[0] = prefix;
        first.CopyTo(buffer[1..]);
        second.CopyTo(buffer[(1 + first.Length)..]);
        return SHA256.HashData(buffer);
    }
}
