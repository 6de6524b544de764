using System.Globalization;
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
                    var read = current; // open until the next one is: so long its inode is nobody else's
                    current = read is null ? Open(path) : Next(path, read.Inode);
                    read?.Stream.Dispose();
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

    /// <summary>The file that was begun after this one, which may have been moved on since, too; the oldest there is when this one is gone.</summary>
    private static Piece? Next(string path, ulong before)
    {
        while (true)
        {
            string? next = null;
            for (var number = 0; ; number++)
            {
                var file = number == 0 ? path : string.Create(CultureInfo.InvariantCulture, $"{path}.{number}");
                if (DiskFileLayer.Host.Stat(file) is not { } stat || stat.Inode == before)
                {
                    break;
                }

                next = file;
            }

            if (next is null)
            {
                return null; // the newest is not there yet
            }

            // All are moved on together: where this one is in its place still, so was the one that is taken.
            if (Open(next) is { } piece)
            {
                if (!IsBetween(path, before, piece.Inode))
                {
                    return piece;
                }

                piece.Stream.Dispose();
            }
        }
    }

    /// <summary>Whether there is a file between the two: then they were moved on meanwhile, and the wrong one was taken.</summary>
    private static bool IsBetween(string path, ulong older, ulong newer)
    {
        List<ulong> inodes = [];
        for (var number = 0; DiskFileLayer.Host.Stat(number == 0 ? path : string.Create(CultureInfo.InvariantCulture, $"{path}.{number}")) is { } stat; number++)
        {
            inodes.Add(stat.Inode);
        }

        var (first, last) = (inodes.IndexOf(newer), inodes.IndexOf(older));
        return first >= 0 && (last < 0 ? inodes.Count : last) - first > 1;
    }

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
