using System.Formats.Tar;
using GitOps.Platform.Files;

namespace GitOps.ControlPlane.Store;

/// <summary>
/// Writes what one node needs to come to its newest generation as one archive (docs/contracts.md §13): for a USB stick. The
/// node checks all of it as from the store, so it needs no signature of its own and no secret way.
/// </summary>
public static class NodeCarry
{
    /// <summary>Trust, pointer and head first, so that a node judges them before it takes anything else.</summary>
    /// <exception cref="IOException">A blob is damaged on this disk; it is made again from Git.</exception>
    public static async Task WriteAsync(this ContentStore store, string node, Stream to, CancellationToken cancellationToken)
    {
        await using var tar = new TarWriter(to, TarEntryFormat.Ustar, leaveOpen: true);
        foreach (var path in store.PathsOf(node))
        {
            var bytes = store.Find(path)?.Read() ?? throw new IOException($"{path} is damaged on the control plane's disk; it is made again from Git");
            var entry = new UstarTarEntry(TarEntryType.RegularFile, path)
            {
                DataStream = new MemoryStream(bytes),
                Mode = AtomicFile.Readable,
                ModificationTime = DateTimeOffset.UnixEpoch, // the same generation gives the same archive
            };
            await tar.WriteEntryAsync(entry, cancellationToken).ConfigureAwait(false);
        }
    }
}
