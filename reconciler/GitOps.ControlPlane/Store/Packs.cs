using System.Globalization;
using GitOps.Platform.Files;

namespace GitOps.ControlPlane.Store;

/// <summary>
/// Raw blobs one after the other in a few append-only files, <c>packs/NNNNNN.pack</c>. Knows nothing of what lies where:
/// the log does, and only of what was flushed. One writer.
/// </summary>
internal sealed class Packs(IFileLayer layer, string directory)
{
    /// <summary>A full pack is not appended to: a pack is what garbage collection copies at a time.</summary>
    public const long FullBytes = 256L << 20;

    private const int ChunkBytes = 4 << 20;
    private const string Suffix = ".pack";
    private int _current;
    private long _length;

    /// <summary>Takes over what the log speaks of and drops the rest: what an unfinished publication left behind.</summary>
    /// <returns>Blobs whose bytes are not there (any more).</returns>
    public IReadOnlyList<BlobPlace> Recover(IReadOnlyCollection<BlobPlace> blobs)
    {
        layer.EnsureDirectory(directory, StoreFiles.DirectoryMode);
        var ends = blobs.GroupBy(blob => blob.Pack).ToDictionary(pack => pack.Key, pack => pack.Max(b => b.Offset + b.Length));
        Dictionary<int, long> sizes = [];
        foreach (var name in layer.Enumerate(directory))
        {
            var path = $"{directory}/{name}";
            if (NumberOf(name) is not { } number || !ends.TryGetValue(number, out var end))
            {
                layer.Unlink(path);
                continue;
            }

            sizes[number] = layer.Stat(path)!.SizeBytes;
            if (sizes[number] > end)
            {
                layer.Truncate(path, end);
            }
        }

        _current = ends.Keys.DefaultIfEmpty().Max();
        _length = sizes.TryGetValue(_current, out var size) ? Math.Min(size, ends[_current]) : 0;
        if (_current > 0 && !sizes.ContainsKey(_current))
        {
            _current++; // never two packs of one number: the log may still speak of the lost one
        }

        return [.. blobs.Where(blob => !sizes.TryGetValue(blob.Pack, out var there) || blob.Offset + blob.Length > there)];
    }

    /// <summary>Appends and flushes blobs; they lie where the answer says, in order, once this has returned.</summary>
    public IReadOnlyList<(int Pack, long Offset)> Append(IReadOnlyList<ReadOnlyMemory<byte>> blobs)
    {
        List<(int Pack, long Offset)> places = [];
        var start = 0;
        while (start < blobs.Count)
        {
            if (_length >= FullBytes || _current == 0)
            {
                (_current, _length) = (_current + 1, 0);
            }

            start += AppendToCurrent(blobs, start, places);
        }

        return places;
    }

    public byte[] Read(BlobPlace blob)
    {
        using var stream = layer.OpenRead(PathOf(blob.Pack));
        stream.Seek(blob.Offset, SeekOrigin.Begin);
        var bytes = new byte[blob.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    public IReadOnlyList<int> Numbers() => [.. layer.Enumerate(directory).Select(NumberOf).OfType<int>()];

    /// <summary>From here on blobs go to a new pack.</summary>
    public void Roll() => _length = FullBytes;

    public void Remove(int pack) => layer.Unlink(PathOf(pack));

    private int AppendToCurrent(IReadOnlyList<ReadOnlyMemory<byte>> blobs, int start, List<(int Pack, long Offset)> places)
    {
        var path = PathOf(_current);
        var isNew = layer.Stat(path) is not { } stat;
        if (isNew)
        {
            layer.CreateFile(path, [], StoreFiles.FileMode);
        }
        else if (layer.Stat(path)!.SizeBytes != _length)
        {
            layer.Truncate(path, _length); // an append before this one failed half-way
        }

        var (count, length) = (0, _length);
        using var chunk = new MemoryStream();
        for (; start + count < blobs.Count && length < FullBytes; count++)
        {
            var blob = blobs[start + count];
            places.Add((_current, length));
            length += blob.Length;
            chunk.Write(blob.Span);
            if (chunk.Length >= ChunkBytes)
            {
                layer.Append(path, chunk.GetBuffer().AsSpan(0, (int)chunk.Length));
                chunk.SetLength(0);
            }
        }

        if (chunk.Length > 0)
        {
            layer.Append(path, chunk.GetBuffer().AsSpan(0, (int)chunk.Length));
        }

        layer.Flush(path);
        if (isNew)
        {
            layer.FlushDirectory(directory);
        }

        _length = length;
        return count;
    }

    private string PathOf(int pack) => string.Create(CultureInfo.InvariantCulture, $"{directory}/{pack:000000}{Suffix}");

    private static int? NumberOf(string name) =>
        name.EndsWith(Suffix, StringComparison.Ordinal) &&
        int.TryParse(name[..^Suffix.Length], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;
}

/// <summary>The store is the service's alone.</summary>
internal static class StoreFiles
{
    public const UnixFileMode FileMode = AtomicFile.Private;
    public const UnixFileMode DirectoryMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
}
