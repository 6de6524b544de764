using System.Runtime.CompilerServices;
using GitOps.Platform.Files;
using GitOps.Platform.Timing;

namespace GitOps.Agent.Host.Logs;

/// <summary>Reads a rotated log as it grows: on through each rotation, and from the start where it was cut.</summary>
internal static class LogFollower
{
    private const int PieceBytes = 32 * 1024;

    /// <summary>The kernel's notices may be lost when very many come at once; then it is looked all the same.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(5);

    public static async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(
        string path, LogQuery query, TimeProvider time, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (!Directory.Exists(Path.GetDirectoryName(path)))
        {
            yield break;
        }

        var changed = new Wakeup(time);
        using var watcher = query.Follow ? Watch(path, changed) : null;
        var (older, current) = Begin(path, query.Lines);
        try
        {
            foreach (var piece in older)
            {
                await foreach (var bytes in RestAsync(piece.Stream, cancellationToken))
                {
                    yield return bytes;
                }
            }

            while (true)
            {
                var isReplaced = current is { } file && IsReplaced(path, file.Inode); // asked before the last look at it
                await foreach (var bytes in RestAsync(current?.Stream, cancellationToken))
                {
                    yield return bytes;
                }

                if (!query.Follow)
                {
                    yield break;
                }

                if (current is null || isReplaced)
                {
                    current?.Stream.Dispose();
                    current = Open(path);
                    if (current is not null)
                    {
                        continue;
                    }
                }

                await changed.WaitAsync(Look, cancellationToken);
            }
        }
        finally
        {
            current?.Stream.Dispose();
            older.ForEach(p => p.Stream.Dispose());
        }
    }

    /// <summary>All pieces opened where the last lines begin, as of one moment: a rotation meanwhile begins this anew.</summary>
    private static (List<Piece> Older, Piece? Current) Begin(string path, int lines)
    {
        while (true)
        {
            var current = Open(path);
            List<Piece> older = [];
            foreach (var (file, offset) in LogTail.Find(path, lines))
            {
                if ((file == path ? current : Open(file)) is { } piece)
                {
                    piece.Stream.Position = offset;
                    older.AddRange(file == path ? [] : [piece]);
                }
            }

            if (current is null || !IsReplaced(path, current.Inode))
            {
                if (lines == 0)
                {
                    current?.Stream.Seek(0, SeekOrigin.End);
                }

                return (older, current);
            }

            current.Stream.Dispose();
            older.ForEach(p => p.Stream.Dispose());
        }
    }

    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> RestAsync(
        FileStream? file, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (file is null)
        {
            yield break;
        }

        file.Position = file.Length < file.Position ? 0 : file.Position; // cut and begun anew
        var buffer = new byte[PieceBytes];
        int length;
        while ((length = await file.ReadAsync(buffer, cancellationToken)) > 0)
        {
            yield return buffer.AsMemory(0, length);
        }
    }

    private static FileSystemWatcher Watch(string path, Wakeup changed)
    {
        var watcher = new FileSystemWatcher(Path.GetDirectoryName(path)!, $"{Path.GetFileName(path)}*");
        watcher.Changed += (_, _) => changed.Signal();
        watcher.Created += (_, _) => changed.Signal();
        watcher.Renamed += (_, _) => changed.Signal();
        watcher.EnableRaisingEvents = true;
        return watcher;
    }

    private static bool IsReplaced(string path, ulong inode) => DiskFileLayer.Host.Stat(path) is { } stat && stat.Inode != inode;

    private static Piece? Open(string path)
    {
        while (DiskFileLayer.Host.Stat(path) is { } before)
        {
            try
            {
                var file = LogTail.Open(path);
                if (!IsReplaced(path, before.Inode))
                {
                    return new Piece(file, before.Inode);
                }

                file.Dispose(); // rotated between the two looks
            }
            catch (IOException)
            {
                return null; // rotated away
            }
        }

        return null; // not there yet
    }

    private sealed record Piece(FileStream Stream, ulong Inode);
}
