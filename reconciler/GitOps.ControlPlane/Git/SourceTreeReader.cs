using System.Collections.Immutable;
using System.Globalization;
using GitOps.Bundles;
using GitOps.Manifests;

namespace GitOps.ControlPlane.Git;

/// <summary>One reading of one commit: level by level, all trees of a level in one go, then all new blobs in one go.</summary>
internal sealed class SourceTreeReader(GitObjects objects, SourceLimits limits)
{
    private const long TreeObjectBytes = 64 << 20;
    private long _bytes;
    private int _files;

    public async Task<SourceFolder> ReadAsync(string commit, SourceFolder? previous, CancellationToken cancellationToken)
    {
        var root = new Reading("", $"{commit}^{{tree}}", previous);
        List<Reading> level = [root];
        List<Reading> all = [root];
        for (var depth = 0; level.Count > 0; depth++)
        {
            if (depth > limits.Depth)
            {
                throw new SourceTooLargeException(level[0].Path, Say($"folders are nested deeper than {limits.Depth}"));
            }

            await ReadTreesAsync(level, cancellationToken).ConfigureAwait(false);
            level = [.. level.SelectMany(folder => folder.Children).Where(child => !child.IsKnown)];
            all.AddRange(level);
        }

        await ReadBlobsAsync([.. all.SelectMany(folder => folder.Pending)], cancellationToken).ConfigureAwait(false);
        return root.ToFolder();
    }

    private async Task ReadTreesAsync(List<Reading> level, CancellationToken cancellationToken)
    {
        var index = 0;
        await foreach (var tree in objects.ReadAsync([.. level.Select(l => l.Id)], TreeObjectBytes, cancellationToken).ConfigureAwait(false))
        {
            var folder = level[index++];
            if (tree is not { Type: "tree" })
            {
                throw new GitObjectsException($"there is no tree {folder.Id}");
            }

            folder.Fill(tree.Id, RawTree.Parse(tree.Bytes ?? throw new SourceTooLargeException(folder.Path, "the folder has too many entries")));
            Count(folder);
        }
    }

    /// <summary>What is taken over from before counts too: the limit is on the tree, not on the change.</summary>
    private void Count(Reading folder)
    {
        var known = folder.Children.Where(child => child.IsKnown).Select(child => child.Previous!).ToList();
        _files += known.Sum(child => child.Count) + folder.Known.Count + folder.Pending.Count;
        _bytes += known.Sum(child => child.SizeBytes) + folder.Known.Sum(file => (long)file.Bytes.Length);
        CheckLimits(folder.Path);
    }

    private async Task ReadBlobsAsync(List<PendingFile> files, CancellationToken cancellationToken)
    {
        var index = 0;
        await foreach (var blob in objects.ReadAsync([.. files.Select(f => f.Id)], limits.FileBytes, cancellationToken).ConfigureAwait(false))
        {
            var file = files[index++];
            if (blob is not { Type: "blob" })
            {
                throw new GitObjectsException($"there is no blob {file.Id}");
            }

            if (blob.Bytes is { } bytes)
            {
                _bytes += bytes.Length;
                CheckLimits(file.Path);
                file.Folder.Add(new SourceFile(file.Path, bytes, blob.Id));
            }
            else
            {
                file.Folder.Add(new Finding(GitCodes.FileTooLarge, Severity.Error, SourceSpan.StartOf(file.Path),
                    Say($"the file has {blob.SizeBytes} bytes, at most {limits.FileBytes} are read"),
                    Fix: "keep large content elsewhere, or raise the limit of the control plane"));
            }
        }
    }

    private void CheckLimits(string where)
    {
        if (_files > limits.Files)
        {
            throw new SourceTooLargeException(where, Say($"the tree has more than {limits.Files} files"));
        }

        if (_bytes > limits.TreeBytes)
        {
            throw new SourceTooLargeException(where, Say($"the tree has more than {limits.TreeBytes} bytes"));
        }
    }

    private static string Say(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private sealed record PendingFile(Reading Folder, string Path, string Id);

    /// <summary>A folder on its way to being read.</summary>
    private sealed class Reading(string path, string id, SourceFolder? previous)
    {
        private readonly List<SourceFile> _files = [];
        private readonly List<Finding> _findings = [];

        public string Path => path;

        /// <summary>The tree's id; for the root, the name it is asked by until it was read.</summary>
        public string Id { get; private set; } = id;

        public SourceFolder? Previous => previous;

        public bool IsKnown => previous?.TreeId == Id;

        public List<Reading> Children { get; } = [];

        public List<PendingFile> Pending { get; } = [];

        public List<SourceFile> Known => _files;

        public void Add(SourceFile file) => _files.Add(file);

        public void Add(Finding finding) => _findings.Add(finding);

        public void Fill(string treeId, List<TreeEntry> entries)
        {
            Id = treeId;
            var files = previous?.Files.ToDictionary(f => f.Path, StringComparer.Ordinal);
            var folders = previous?.Folders.ToDictionary(f => f.Path, StringComparer.Ordinal);
            var names = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
            foreach (var entry in entries)
            {
                if (entry.Name is not { } name)
                {
                    Warn(GitCodes.BadName, Severity.Error, path.Length == 0 ? "." : path, "a name in this folder cannot be used",
                        "rename it: UTF-8, no control characters, not '.', '..' or '.git'");
                    continue;
                }

                var full = path.Length == 0 ? name : $"{path}/{name}";
                if (!names.TryAdd(name, full))
                {
                    Warn(GitCodes.CaseCollision, Severity.Warning, full, $"it differs from '{names[name]}' only in case", "rename one of them");
                }

                switch (entry.Kind)
                {
                    case EntryKind.Folder:
                        Children.Add(new Reading(full, entry.Id, folders?.GetValueOrDefault(full)));
                        break;
                    case EntryKind.File when files?.GetValueOrDefault(full) is { } same && same.BlobId == entry.Id:
                        _files.Add(same);
                        break;
                    case EntryKind.File:
                        Pending.Add(new PendingFile(this, full, entry.Id));
                        break;
                    case EntryKind.Link:
                        Warn(GitCodes.SymbolicLink, Severity.Warning, full, "it is a symbolic link and left out", "commit a copy of the file");
                        break;
                    case EntryKind.Submodule:
                        Warn(GitCodes.Submodule, Severity.Warning, full, "it is a submodule and left out", "commit the files themselves");
                        break;
                }
            }
        }

        public SourceFolder ToFolder() => IsKnown
            ? previous!
            : new SourceFolder(
                path,
                Id,
                [.. _files.OrderBy(file => file.Path, StringComparer.Ordinal)],
                [.. Children.Select(child => child.ToFolder())],
                [.. _findings]);

        private void Warn(ErrorCode code, Severity severity, string where, string what, string fix) =>
            _findings.Add(new Finding(code, severity, SourceSpan.StartOf(where), what, fix));
    }
}
