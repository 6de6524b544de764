using System.Security.Cryptography;
using GitOps.Agent.Self;
using GitOps.Bundles;
using GitOps.Platform.Files;

namespace GitOps.Agent.Host.Self;

/// <summary>
/// What lies below <c>agent/</c> of the state directory: the record, in two copies, and two executables. For whoever holds the
/// directory's lock.
/// </summary>
internal sealed class SlotFiles(IFileLayer layer, string stateDirectory)
{
    public const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute |
        UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private const int LimitBytes = 64 * 1024;
    private const int PieceBytes = 256 * 1024;
    private readonly string _directory = $"{stateDirectory}/agent";
    private readonly SlotStore _record = new(layer, $"{stateDirectory}/agent", "record", LimitBytes);

    public string PathOf(int slot) => $"{_directory}/{(slot == 0 ? "a" : "b")}/gitops-agent";

    /// <summary>Whether there is anything to choose: on most nodes there is not.</summary>
    public bool IsThere => layer.Stat(_directory) is { Kind: FileKind.Directory };

    /// <summary>What is left of the record; without one the installed agent runs, which is what there was before the first.</summary>
    public SlotState Read() =>
        _record.ReadAll().Select(slot => SlotJson.TryRead(slot.Content.Span)).FirstOrDefault(state => state is not null) ?? SlotState.Initial;

    /// <exception cref="FileLayerException">It is not kept; what was there before is.</exception>
    public void Write(SlotState state)
    {
        layer.EnsureDirectory(_directory, Mode);
        _record.Write(SlotJson.Write(state));
    }

    /// <summary>Whether the slot holds what the record says: disks forget.</summary>
    public bool IsWhole(Slot slot)
    {
        try
        {
            return layer.Stat(PathOf(slot.Number)) is { Kind: FileKind.File } && DigestOf(layer, PathOf(slot.Number)) == slot.Executable;
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>Copies a blob into a slot; null, or why it is not what it should be.</summary>
    /// <exception cref="FileLayerException">The disk failed or is full.</exception>
    public string? Place(int slot, string blob, Digest digest)
    {
        var path = PathOf(slot);
        var temporary = AtomicFile.TemporaryPath(path);
        layer.EnsureDirectory(_directory, Mode);
        layer.EnsureDirectory(FilePath.Parent(path), Mode);
        layer.UnlinkIfThere(temporary);
        try
        {
            using (var content = layer.OpenRead(blob))
            {
                using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
                var buffer = new byte[PieceBytes];
                layer.CreateFile(temporary, [], Mode);
                int length;
                while ((length = content.Read(buffer)) > 0)
                {
                    layer.Append(temporary, buffer.AsSpan(0, length));
                    hash.AppendData(buffer, 0, length);
                }

                if (Convert.ToHexStringLower(hash.GetHashAndReset()) != digest.Hex)
                {
                    layer.Unlink(temporary);
                    return $"blob {digest} is damaged on this disk";
                }
            }

            layer.Flush(temporary);
        }
        catch (FileLayerException)
        {
            layer.TryUnlink(temporary);
            throw;
        }

        layer.Rename(temporary, path);
        layer.FlushDirectory(FilePath.Parent(path));
        return null;
    }

    public static Digest DigestOf(IFileLayer layer, string path)
    {
        using var content = layer.OpenRead(path);
        return Digest.FromHash(SHA256.HashData(content));
    }
}
