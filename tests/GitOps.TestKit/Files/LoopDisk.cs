using GitOps.Platform.Files;
using GitOps.Platform.Processes;
using Xunit;

namespace GitOps.TestKit.Files;

/// <summary>
/// A file system of a test's own on a loop device, whose power can be cut: it is shut down below its users' feet without a
/// flush of its journal, and mounted again. Skips the test where the machine cannot do that.
/// </summary>
public sealed class LoopDisk : IAsyncDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly CommandRunner _commands = new(TimeProvider.System);
    private readonly string _xfsIo = NeedsPackage.OrSkip("xfsprogs", "xfs_io");
    private readonly string _type;
    private int _cuts;

    private LoopDisk(string type)
    {
        _type = type;
        Directory.CreateDirectory(Path);
    }

    /// <summary>Where it is mounted.</summary>
    public string Path => _directory["mount"];

    /// <summary>How many cuts lost something that was never flushed; none at all would mean that these are no power cuts.</summary>
    public int Losses { get; private set; }

    private string Image => _directory["image"];

    private string Canary => $"{Path}/unflushed-{_cuts}";

    /// <summary>Makes and mounts one.</summary>
    /// <param name="type"><c>ext4</c> or <c>xfs</c>.</param>
    public static async Task<LoopDisk> MountAsync(string type, CancellationToken cancellationToken)
    {
        var disk = new LoopDisk(type);
        try
        {
            var isXfs = type == "xfs";
            using (var file = File.Create(disk.Image))
            {
                file.SetLength(isXfs ? 320L << 20 : 64L << 20); // mkfs.xfs refuses less than 300 MiB
            }

            await disk.RunAsync([NeedsPackage.OrSkip(isXfs ? "xfsprogs" : "e2fsprogs", $"mkfs.{type}"), "-q", disk.Image], cancellationToken);
            var mounted = await disk._commands.RunAsync(new Command(["mount", "-t", type, "-o", "loop", disk.Image, disk.Path]), cancellationToken);
            if (!mounted.Succeeded)
            {
                NeedsPackage.Missing($"this machine does not mount loop devices: {mounted.Error.Trim()}");
            }

            disk.WriteCanary();
            return disk;
        }
        catch
        {
            disk._directory.Dispose();
            throw;
        }
    }

    /// <summary>Cuts the power. Whoever holds something open there must end before <see cref="RestoreAsync"/>.</summary>
    public Task CutAsync(CancellationToken cancellationToken) =>
        RunAsync([_xfsIo, "-x", "-c", "shutdown", Path], cancellationToken);

    /// <summary>The power is back: what the disk holds now is what was flushed.</summary>
    public async Task RestoreAsync(CancellationToken cancellationToken)
    {
        await RunAsync(["umount", Path], cancellationToken);
        await RunAsync(["mount", "-t", _type, "-o", "loop", Image, Path], cancellationToken);
        var canary = new FileInfo(Canary);
        Losses += canary.Exists && canary.Length > 0 && File.ReadAllBytes(canary.FullName).All(b => b != 0) ? 0 : 1;
        _cuts++;
        WriteCanary();
    }

    public async ValueTask DisposeAsync()
    {
        await _commands.RunAsync(new Command(["umount", Path]), CancellationToken.None);
        _directory.Dispose();
    }

    // By the layer and not by File: .NET truncates what it creates, which makes ext4 flush it after all.
    private void WriteCanary() => DiskFileLayer.Host.CreateFile(Canary, "this was never flushed"u8, AtomicFile.Private);

    private async Task RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var result = await _commands.RunAsync(new Command(arguments), cancellationToken);
        Assert.True(result.Succeeded, $"{string.Join(' ', arguments)}: {result.ExitCode} {result.Error}");
    }
}
