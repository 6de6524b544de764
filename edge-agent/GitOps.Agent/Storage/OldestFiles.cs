using GitOps.Bundles;

namespace GitOps.Agent.Storage;

/// <summary>Adds up a scan, and keeps the oldest files of it: a volume may hold millions, the memory holds a thousand.</summary>
public sealed class OldestFiles
{
    public const int Limit = 1_000;

    private static readonly IComparer<VolumeFile> YoungestFirst = Comparer<VolumeFile>.Create(
        static (a, b) => b.ModifiedAt.CompareTo(a.ModifiedAt) is not 0 and var byAge ? byAge : string.CompareOrdinal(b.Path, a.Path));

    private readonly PriorityQueue<VolumeFile, VolumeFile> _oldest = new(YoungestFirst);
    private readonly HashSet<ulong> _linked = [];
    private long _bytes;
    private long _files;

    /// <param name="hasOtherNames">More than one name leads to the file: its bytes count once.</param>
    /// <param name="mayGo">It counts, and may be among the oldest.</param>
    public void Add(VolumeFile file, bool hasOtherNames, bool mayGo = true)
    {
        _files++;
        if (!hasOtherNames || _linked.Add(file.Inode))
        {
            _bytes += file.SizeBytes;
        }

        if (!mayGo)
        {
            return;
        }

        _oldest.Enqueue(file, file);
        if (_oldest.Count > Limit)
        {
            _oldest.Dequeue();
        }
    }

    public VolumeUsage ToUsage() => new(
        _bytes, _files, _oldest.UnorderedItems.Select(item => item.Element).OrderDescending(YoungestFirst).ToEquatableArray());
}
