using System.Collections.Immutable;
using System.Runtime.InteropServices;
using GitOps.Bundles;
using GitOps.Bundles.Publications;

namespace GitOps.ControlPlane.Store;

/// <summary>Where a blob lies. Raw bytes in a pack; this is the only index.</summary>
/// <param name="UnnamedSinceMs">When garbage collection first found that nothing names it, Unix milliseconds; 0: something does.</param>
/// <param name="Names">The blobs it names, where it is a bundle.</param>
internal sealed record BlobPlace(
    Digest Digest, int Pack, long Offset, int Length, long UnnamedSinceMs, ImmutableArray<Digest> Names)
{
    /// <summary>Its bytes were found to have the digest since the store was opened.</summary>
    public bool IsVerified { get; set; }
}

/// <summary>What the pointers of one publication share.</summary>
internal sealed record StoredPublication(long Generation, string Revision, DateTimeOffset Time, DsseEnvelope Envelope);

/// <summary>One entry of the store's log. What it says holds as a whole or not at all.</summary>
internal abstract record StoreRecord
{
    private const byte Format = 1;
    private const int HashBytes = 32;

    // What a pointer says to its node.
    private const byte Follow = 0;
    private const byte Keep = 1;
    private const byte Wipe = 2;
    private const byte Again = 3;

    private StoreRecord() { } // closed: every case is in this file

    /// <summary>The first record: whose store this is.</summary>
    public sealed record Owner(string Fleet) : StoreRecord;

    /// <summary>Blobs that lie flushed in their packs, the pointers opened with them, and the head that speaks of those.</summary>
    public sealed record Batch(
        ImmutableArray<BlobPlace> Blobs, StoredPublication? Publication, ImmutableArray<StoredPointer> Pointers, Head? Moved) : StoreRecord;

    public sealed record Head(long Generation, byte[] Envelope) : StoreRecord;

    public sealed record Root(long Version, byte[] Envelope) : StoreRecord;

    /// <summary>The sealed secrets of nodes: blobs that no bundle names.</summary>
    public sealed record Sealed(ImmutableArray<KeyValuePair<string, Digest>> Nodes) : StoreRecord;

    public ReadOnlyMemory<byte> ToBytes()
    {
        var stream = new MemoryStream(this is Batch { Blobs: var blobs, Pointers: var pointers } ? 1024 + EstimateBytes(blobs, pointers) : 1024);
        using var writer = new BinaryWriter(stream);
        writer.Write(Format);
        switch (this)
        {
            case Owner(var fleet):
                writer.Write((byte)1);
                writer.Write(fleet);
                break;
            case Batch batch:
                writer.Write((byte)2);
                Write(writer, batch);
                break;
            case Head(var generation, var envelope):
                writer.Write((byte)3);
                writer.Write(generation);
                Write(writer, envelope);
                break;
            case Root(var version, var envelope):
                writer.Write((byte)4);
                writer.Write(version);
                Write(writer, envelope);
                break;
            case Sealed(var nodes):
                writer.Write((byte)5);
                writer.Write7BitEncodedInt(nodes.Length);
                foreach (var (node, digest) in nodes)
                {
                    writer.Write(node);
                    Write(writer, digest);
                }

                break;
        }

        writer.Flush();
        return stream.GetBuffer().AsMemory(0, (int)stream.Length);
    }

    /// <summary>About how long a record of them is, so that it is not copied while it grows.</summary>
    public static int EstimateBytes(IEnumerable<BlobPlace> blobs, IEnumerable<StoredPointer> pointers) =>
        blobs.Sum(blob => 58 + (HashBytes * blob.Names.Length)) +
        pointers.Sum(pointer => 80 + pointer.Node.Length + pointer.Proof.Length + (HashBytes * pointer.Earlier.Length));

    /// <exception cref="InvalidDataException">The record is not one this release writes.</exception>
    public static StoreRecord Read(ReadOnlyMemory<byte> bytes)
    {
        var content = MemoryMarshal.TryGetArray(bytes, out var array) ? array : new ArraySegment<byte>(bytes.ToArray());
        using var reader = new BinaryReader(new MemoryStream(content.Array!, content.Offset, content.Count, writable: false));
        try
        {
            var (format, kind) = (reader.ReadByte(), reader.ReadByte());
            return (format, kind) switch
            {
                (Format, 1) => new Owner(reader.ReadString()),
                (Format, 2) => ReadBatch(reader),
                (Format, 3) => new Head(reader.ReadInt64(), ReadBytes(reader)),
                (Format, 4) => new Root(reader.ReadInt64(), ReadBytes(reader)),
                (Format, 5) => new Sealed(ReadMany(reader, () => new KeyValuePair<string, Digest>(reader.ReadString(), ReadDigest(reader)))),
                _ => throw new InvalidDataException($"a record of format {format} and kind {kind} is not known"),
            };
        }
        catch (EndOfStreamException cut)
        {
            throw new InvalidDataException("a record ends too early", cut);
        }
    }

    private static void Write(BinaryWriter writer, Batch batch)
    {
        writer.Write7BitEncodedInt(batch.Blobs.Length);
        foreach (var blob in batch.Blobs)
        {
            Write(writer, blob.Digest);
            writer.Write(blob.Pack);
            writer.Write(blob.Offset);
            writer.Write(blob.Length);
            writer.Write(blob.UnnamedSinceMs);
            Write(writer, blob.Names);
        }

        writer.Write7BitEncodedInt(batch.Pointers.Length);
        if (batch.Publication is not { } publication)
        {
            return;
        }

        writer.Write(publication.Generation);
        writer.Write(publication.Revision);
        writer.Write(publication.Time.ToUnixTimeMilliseconds());
        Write(writer, publication.Envelope.ToBytes());
        foreach (var pointer in batch.Pointers)
        {
            writer.Write(pointer.Node);
            writer.Write((byte)(pointer.Decommission switch { null => pointer.Retry ? Again : Follow, Decommission.Keep => Keep, _ => Wipe }));
            Write(writer, pointer.Bundle is { } bundle ? [bundle] : []);
            writer.Write(pointer.BundleBytes);
            writer.Write(pointer.BundleFormat);
            writer.Write(pointer.Index);
            writer.Write(pointer.Size);
            Write(writer, pointer.Proof.Span);
            Write(writer, pointer.Earlier);
        }

        writer.Write(batch.Moved is not null);
        if (batch.Moved is { } head)
        {
            writer.Write(head.Generation);
            Write(writer, head.Envelope);
        }
    }

    private static Batch ReadBatch(BinaryReader reader)
    {
        var blobs = ReadMany(reader, () => new BlobPlace(
            ReadDigest(reader), reader.ReadInt32(), reader.ReadInt64(), reader.ReadInt32(), reader.ReadInt64(), ReadDigests(reader)));
        var count = reader.Read7BitEncodedInt();
        if (count == 0)
        {
            return new Batch(blobs, null, [], null);
        }

        var publication = new StoredPublication(
            reader.ReadInt64(),
            reader.ReadString(),
            DateTimeOffset.FromUnixTimeMilliseconds(reader.ReadInt64()),
            DsseEnvelope.TryRead(ReadBytes(reader)) ?? throw new InvalidDataException("a publication has no envelope"));
        var pointers = ImmutableArray.CreateBuilder<StoredPointer>(count);
        for (var i = 0; i < count; i++)
        {
            var (node, word) = (reader.ReadString(), reader.ReadByte());
            pointers.Add(new StoredPointer(publication, node)
            {
                Decommission = word switch { Keep => Decommission.Keep, Wipe => Decommission.Wipe, _ => null },
                Retry = word switch { Follow or Keep or Wipe => false, Again => true, _ => throw new InvalidDataException($"a pointer says {word}") },
                Bundle = ReadDigests(reader) is [var bundle] ? bundle : null,
                BundleBytes = reader.ReadInt64(),
                BundleFormat = reader.ReadInt32(),
                Index = reader.ReadInt64(),
                Size = reader.ReadInt64(),
                Proof = ReadBytes(reader),
                Earlier = ReadDigests(reader),
            });
        }

        var head = reader.ReadBoolean() ? new Head(reader.ReadInt64(), ReadBytes(reader)) : null;
        return new Batch(blobs, publication, pointers.MoveToImmutable(), head);
    }

    private static void Write(BinaryWriter writer, ReadOnlySpan<byte> bytes)
    {
        writer.Write7BitEncodedInt(bytes.Length);
        writer.Write(bytes);
    }

    private static void Write(BinaryWriter writer, Digest digest)
    {
        Span<byte> hash = stackalloc byte[HashBytes];
        Convert.FromHexString(digest.Hex, hash, out _, out _);
        writer.Write(hash);
    }

    private static void Write(BinaryWriter writer, ImmutableArray<Digest> digests)
    {
        writer.Write7BitEncodedInt(digests.Length);
        foreach (var digest in digests)
        {
            Write(writer, digest);
        }
    }

    private static byte[] ReadBytes(BinaryReader reader)
    {
        var length = reader.Read7BitEncodedInt();
        var bytes = reader.ReadBytes(length);
        return bytes.Length == length ? bytes : throw new EndOfStreamException();
    }

    private static Digest ReadDigest(BinaryReader reader)
    {
        Span<byte> hash = stackalloc byte[HashBytes];
        reader.BaseStream.ReadExactly(hash);
        return Digest.FromHash(hash);
    }

    private static ImmutableArray<Digest> ReadDigests(BinaryReader reader) => ReadMany(reader, () => ReadDigest(reader));

    private static ImmutableArray<T> ReadMany<T>(BinaryReader reader, Func<T> read)
    {
        var items = new T[reader.Read7BitEncodedInt()];
        for (var i = 0; i < items.Length; i++)
        {
            items[i] = read();
        }

        return ImmutableArray.Create(items);
    }
}
