using GitOps.Agent.Containers;
using GitOps.Agent.Host.Files;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;

namespace GitOps.Agent.Host.Containers;

/// <summary>
/// Looks at what a container is to mount of the node, right before it is made: beneath the roots of the policy, no link
/// followed, of the sort the unit says.
/// </summary>
/// <param name="mounts">The roots of <c>containers.hostPaths</c>.</param>
/// <param name="volumes">The roots of <c>paths</c>, where volumes of the fleet lie.</param>
internal sealed class HostPaths(PolicyRoots mounts, PolicyRoots volumes)
{
    private const UnixFileMode Open = (UnixFileMode)0x1ED; // 0755

    /// <summary>Null when it may be mounted.</summary>
    public Problem? Check(UnitId unit, HostVolume volume)
    {
        try
        {
            var layer = mounts.Beneath(volume.Path);
            if (volume.Kind == HostPathKind.DirectoryOrCreate)
            {
                layer.EnsureDirectory(volume.Path, Open);
            }

            var stat = layer.Stat(volume.Path);
            var isRight = (volume.Kind, stat?.Kind) switch
            {
                (_, null) => false,
                (_, FileKind.Link) => false,
                (HostPathKind.Any, _) => true,
                (HostPathKind.Directory or HostPathKind.DirectoryOrCreate, FileKind.Directory) => true,
                (HostPathKind.File, FileKind.File) => true,
                (HostPathKind.Socket, FileKind.Other) => SpecialFile.KindOf(volume.Path) == SpecialKind.Socket,
                (HostPathKind.CharacterDevice, FileKind.Other) => SpecialFile.KindOf(volume.Path) == SpecialKind.CharacterDevice,
                (HostPathKind.BlockDevice, FileKind.Other) => SpecialFile.KindOf(volume.Path) == SpecialKind.BlockDevice,
                _ => false,
            };
            return isRight ? null : Wrong(unit, $"'{volume.Path}' is {Word(stat?.Kind)}, expected is {volume.Kind}");
        }
        catch (FileLayerException e)
        {
            return Wrong(unit, e.Message);
        }
    }

    /// <summary>A part of a volume of the fleet: a container that may write there must not lead the mount elsewhere by a link.</summary>
    public Problem? CheckPart(UnitId unit, string path) => CheckPart(unit, volumes.Beneath, path);

    /// <summary>A part of a scratch volume or of a unit's files.</summary>
    public static Problem? CheckOwnPart(UnitId unit, string root, string path) => CheckPart(unit, _ => DiskFileLayer.Beneath(root), path);

    /// <summary>A device of the node; the policy names it, so links on the way are the node's own.</summary>
    public static Problem? CheckDevice(UnitId unit, string path)
    {
        try
        {
            var target = File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path; // /dev/serial/by-id/… are links
            return SpecialFile.KindOf(target) is SpecialKind.CharacterDevice or SpecialKind.BlockDevice
                ? null
                : Away($"'{path}' is no device");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Away($"'{path}' is not there: {e.Message}");
        }

        Problem Away(string what) => new(ContainerCodes.HostPath, $"{unit}: {what}", "plug the device in, or correct the unit");
    }

    /// <summary>Where a container mounts a part that is not there yet, an empty folder is made, as for an emptyDir.</summary>
    private static Problem? CheckPart(UnitId unit, Func<string, IFileLayer> beneath, string path)
    {
        try
        {
            var layer = beneath(path);
            if (layer.Stat(path) is null)
            {
                layer.EnsureDirectory(path, Open);
            }

            return layer.Stat(path) is { Kind: FileKind.Directory or FileKind.File }
                ? null
                : Wrong(unit, $"'{path}' is no file and no folder");
        }
        catch (FileLayerException e)
        {
            return Wrong(unit, e.Message);
        }
    }

    private static string Word(FileKind? kind) => kind switch
    {
        null => "not there",
        FileKind.Link => "a symbolic link",
        FileKind.Directory => "a directory",
        FileKind.File => "a file",
        _ => "something else",
    };

    private static Problem Wrong(UnitId unit, string what) =>
        new(ContainerCodes.HostPath, $"{unit}: {what}", "look at that path on the node, or correct the unit");
}
