using System.Security.Cryptography;
using GitOps.Agent.Files;
using GitOps.Bundles;
using GitOps.Platform.Files;

namespace GitOps.Agent.Host.Files;

/// <summary>
/// Looks at files beneath their policy roots, reads none twice that did not change, and notices what was written by somebody
/// else. Thread-safe.
/// </summary>
internal sealed class FileEye(PolicyRoots roots, UserTable users)
{
    private readonly Dictionary<string, (FileStat Stat, Digest Digest)> _digests = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Digest> _written = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();

    /// <summary>What is at a path; null when nothing is.</summary>
    public FileSighting? See(string path) => Look(path) is { } seen ? WithWriter(path, seen) : null;

    /// <summary>The agent itself has just put this content there.</summary>
    public void NoteWritten(string path, Digest content)
    {
        lock (_lock)
        {
            _written[path] = content;
        }
    }

    private FileSighting? Look(string path)
    {
        var layer = roots.Beneath(path);
        if (layer.Stat(path) is not { } stat)
        {
            return null;
        }

        var mode = Convert.ToString((int)stat.Mode & 0xFFF, 8).PadLeft(4, '0');
        var digest = stat.Kind == FileKind.File ? DigestOf(layer, path, stat) : (Digest?)null;
        return new FileSighting(digest, mode, users.UserName(stat.Owner.User), users.GroupName(stat.Owner.Group));
    }

    /// <summary>
    /// Names the writer of what is not as this agent last wrote or saw it. The first look after a start knows of none: what a
    /// new bundle changes was written by the agent itself.
    /// </summary>
    private FileSighting WithWriter(string path, FileSighting seen)
    {
        lock (_lock)
        {
            if (seen.Digest is not { } digest || !_written.TryGetValue(path, out var written) || written == digest)
            {
                return seen;
            }
        }

        return roots.Beneath(path).Stat(path) is { } stat ? seen with { Writer = OtherWriter.Describe(path, stat, users) } : seen;
    }

    /// <summary>Read again only when inode, size or time changed: an idle agent does not read every file of its units.</summary>
    private Digest DigestOf(IFileLayer layer, string path, FileStat stat)
    {
        lock (_lock)
        {
            if (_digests.TryGetValue(path, out var known) && known.Stat == stat)
            {
                return known.Digest;
            }
        }

        using var stream = layer.OpenRead(path);
        var digest = Digest.FromHash(SHA256.HashData(stream));
        lock (_lock)
        {
            _digests[path] = (stat, digest);
        }

        return digest;
    }
}
