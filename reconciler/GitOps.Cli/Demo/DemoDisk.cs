using GitOps.Platform.Processes;

namespace GitOps.Cli.Demo;

/// <summary>A file system in a file, mounted where a node lives; its power can be cut: what was not flushed is then lost.</summary>
internal sealed class DemoDisk : IAsyncDisposable
{
    private const long Bytes = 128L << 20;
    private readonly ICommandRunner _commands;
    private readonly string _path;
    private readonly string _image;

    private DemoDisk(string path, string image, ICommandRunner commands) => (_path, _image, _commands) = (path, image, commands);

    /// <summary>Null where this machine cannot: it needs root, loop devices, mkfs.ext4 and xfs_io.</summary>
    public static async Task<DemoDisk?> TryMountAsync(string path, string image, ICommandRunner commands, CancellationToken cancellationToken)
    {
        if (!Environment.IsPrivilegedProcess || ProgramPath.Find("xfs_io", null) is null || ProgramPath.Find("mkfs.ext4", null) is null)
        {
            return null;
        }

        Directory.CreateDirectory(path);
        await using (var file = File.Create(image))
        {
            file.SetLength(Bytes);
        }

        var disk = new DemoDisk(path, image, commands);
        return await disk.TryAsync(["mkfs.ext4", "-q", image], cancellationToken) && await disk.MountAsync(cancellationToken) ? disk : null;
    }

    /// <summary>The power is gone: the file system takes nothing more, and its journal is not flushed.</summary>
    public Task<bool> CutAsync(CancellationToken cancellationToken) => TryAsync(["xfs_io", "-x", "-c", "shutdown", _path], cancellationToken);

    /// <summary>The power is back. Nobody may have anything open there.</summary>
    public async Task<bool> RestoreAsync(CancellationToken cancellationToken) =>
        await TryAsync(["umount", _path], cancellationToken) && await MountAsync(cancellationToken);

    public async ValueTask DisposeAsync() => await TryAsync(["umount", _path], CancellationToken.None);

    private Task<bool> MountAsync(CancellationToken cancellationToken) => TryAsync(["mount", "-o", "loop", _image, _path], cancellationToken);

    private async Task<bool> TryAsync(IReadOnlyList<string> command, CancellationToken cancellationToken) =>
        (await _commands.RunAsync(new Command(command), cancellationToken)).Succeeded;
}
