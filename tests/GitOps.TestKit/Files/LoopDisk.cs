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
    private readonly string _type;
    private string _device = "";
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
            var loop = await disk._commands.RunAsync(new Command(["losetup", "--find", "--show", disk.Image]), cancellationToken);
            if (!loop.Succeeded)
            {
                NeedsPackage.Missing($"this machine has no loop devices for us: {loop.Error.Trim()}");
            }

            disk._device = loop.Output.Trim();
            FileSystems.Mount(disk._device, disk.Path, type);
            disk.WriteCanary();
            return disk;
        }
        catch
        {
            await disk.DisposeAsync();
            throw;
        }
    }

    /// <summary>Cuts the power. Whoever holds something open there must end before <see cref="Restore"/>.</summary>
    public void Cut() => FileSystems.ShutDown(Path);

    /// <summary>The power is back: what the disk holds now is what was flushed.</summary>
    public void Restore()
    {
        FileSystems.Unmount(_device, Path);
        FileSystems.Mount(_device, Path, _type);
        var canary = new FileInfo(Canary);
        Losses += canary.Exists && canary.Length > 0 && File.ReadAllBytes(canary.FullName).All(b => b != 0) ? 0 : 1;
        _cuts++;
        WriteCanary();
    }

    public async ValueTask DisposeAsync()
    {
        FileSystems.Detach(Path);
        if (_device.Length > 0)
        {
            await _commands.RunAsync(new Command(["losetup", "--detach", _device]), CancellationToken.None);
        }

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
