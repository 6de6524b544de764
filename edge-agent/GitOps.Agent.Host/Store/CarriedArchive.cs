using System.Collections.Immutable;
using System.Formats.Tar;
using System.Globalization;
using GitOps.Agent.Loop;
using GitOps.Bundles;

namespace GitOps.Agent.Host.Store;

/// <summary>
/// The file that <c>gitops export</c> writes (docs/contracts.md §13): a tar archive of a part of the store, small documents
/// first. Whatever it holds besides what is asked for is passed over.
/// </summary>
internal sealed class CarriedArchive(string path, string fleet, string node)
{
    private const int DocumentLimitBytes = 1 << 20;
    private const int MostEntries = 100_000;

    /// <summary>Trust, head, pointer and sealed secrets; null when there is no pointer for this node in it.</summary>
    /// <exception cref="IOException">It cannot be read, or is no such archive.</exception>
    public CarriedStore? ReadDocuments()
    {
        var roots = ImmutableSortedDictionary.CreateBuilder<long, byte[]>();
        byte[]? head = null, pointer = null, secrets = null;
        Walk((name, entry) =>
        {
            var prefix = $"v1/{fleet}/root/";
            if (name == StorePaths.Pointer(fleet, node))
            {
                pointer = Read(entry);
            }
            else if (name == StorePaths.Head(fleet))
            {
                head = Read(entry);
            }
            else if (name == StorePaths.Sealed(fleet, node))
            {
                secrets = Read(entry);
            }
            else if (name.StartsWith(prefix, StringComparison.Ordinal) && roots.Count < 64 &&
                long.TryParse(name.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var version))
            {
                roots[version] = Read(entry);
            }

            return !name.StartsWith($"v1/{fleet}/blobs/", StringComparison.Ordinal);
        });
        return pointer is null ? null : new CarriedStore(roots.ToImmutable(), head, pointer) { Sealed = secrets };
    }

    /// <summary>Takes in those of these blobs that are in it.</summary>
    /// <param name="take">Given a blob's size and content; false ends the walk.</param>
    public void ReadBlobs(IReadOnlySet<Digest> wanted, Func<Digest, long, Stream, bool> take)
    {
        var names = wanted.ToDictionary(digest => StorePaths.Blob(fleet, digest), StringComparer.Ordinal);
        Walk((name, entry) => !names.TryGetValue(name, out var digest) || entry.DataStream is not { } content || take(digest, entry.Length, content));
    }

    private void Walk(Func<string, TarEntry, bool> visit)
    {
        try
        {
            using var file = File.OpenRead(path);
            using var tar = new TarReader(file);
            for (var count = 0; count < MostEntries && tar.GetNextEntry() is { } entry; count++)
            {
                if (entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile && !visit(entry.Name, entry))
                {
                    return;
                }
            }
        }
        catch (Exception e) when (e is InvalidDataException or FormatException or NotSupportedException or UnauthorizedAccessException or ArgumentException)
        {
            throw new IOException($"{path} cannot be read as an archive: {e.Message}", e);
        }
    }

    private static byte[] Read(TarEntry entry)
    {
        if (entry.Length > DocumentLimitBytes || entry.DataStream is not { } content)
        {
            throw new InvalidDataException($"{entry.Name} has {entry.Length} bytes");
        }

        var bytes = new byte[entry.Length];
        content.ReadExactly(bytes);
        return bytes;
    }
}
