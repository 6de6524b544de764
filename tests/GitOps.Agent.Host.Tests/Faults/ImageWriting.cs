using System.Globalization;
using GitOps.Agent.Host.Files;
using GitOps.Agent.Host.Storage;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;
using GitOps.Platform.Processes;

namespace GitOps.Agent.Host.Tests.Faults;

/// <summary>Images of volumes, made one after the other by programs that write through the file layer.</summary>
internal static class ImageWriting
{
    public static void Make(IFileLayer layer, int version)
    {
        var roots = new PolicyRoots(layer, ["/state"], _ => layer);
        var images = new VolumeImages(layer, roots, new Programs(layer), _ => null, _ => long.MaxValue);
        if (layer.Stat(VolumeSpec.ImageOf(At(version))) is null)
        {
            Assert.Null(FileWriting.Now(new ValueTask<Problem?>(images.MakeAsync(At(version), 1 << 24, default))));
        }

        images.Remove(At(version - 1));
    }

    public static int Read(IFileLayer layer, int last)
    {
        var (before, after) = (layer.Read(VolumeSpec.ImageOf(At(last)), 10_000), layer.Read(VolumeSpec.ImageOf(At(last + 1)), 10_000));
        Assert.All([before, after], image => Assert.True(image is null || image.AsSpan().SequenceEqual(FileSystem), "an image that is there is whole"));
        Assert.True(last == 0 || before is not null || after is not null, "there is always one of the two");
        return after is not null && before is null ? last + 1 : last;
    }

    private static ReadOnlySpan<byte> FileSystem => "a file system of several blocks"u8;

    private static string At(int version) => string.Create(CultureInfo.InvariantCulture, $"/state/volumes/{version}");

    /// <summary>mkfs as it looks from outside: what it writes is not flushed.</summary>
    internal sealed class Programs(IFileLayer layer) : ICommandRunner
    {
        public Task<CommandResult> RunAsync(Command command, CancellationToken cancellationToken)
        {
            if (command.Arguments[0] == "mkfs.ext4")
            {
                layer.Append(command.Arguments[^1], FileSystem);
            }

            return Task.FromResult(new CommandResult(0, "", "", TimedOut: false));
        }
    }
}
