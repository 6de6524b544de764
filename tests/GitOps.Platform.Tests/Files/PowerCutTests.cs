using System.Buffers.Binary;
using GitOps.Platform.Files;
using GitOps.Platform.Processes;
using GitOps.TestKit;

namespace GitOps.Platform.Tests.Files;

/// <summary>
/// The file layer against real file systems that lose power: loop-mounted, shut down below the writer's feet without a
/// flush of their journal, mounted again.
/// </summary>
public sealed class PowerCutTests
{
    private const int Cuts = 50;
    private const int ContentBytes = 6000;
    private readonly CommandRunner _commands = new(TimeProvider.System);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("ext4", 64)]
    [InlineData("xfs", 320)]
    [Trait("needs", "xfsprogs")]
    public async Task What_was_acknowledged_is_there_after_the_power_was_cut(string type, int megabytes)
    {
        var xfsIo = NeedsPackage.OrSkip("xfsprogs", "xfs_io");
        var mkfs = NeedsPackage.OrSkip(type == "xfs" ? "xfsprogs" : "e2fsprogs", $"mkfs.{type}");
        using var directory = new TempDirectory();
        var (image, mount) = (directory["image"], directory["mount"]);
        Directory.CreateDirectory(mount);
        using (var file = File.Create(image))
        {
            file.SetLength(megabytes * 1024L * 1024);
        }

        await RunAsync([mkfs, "-q", image]);
        var mounted = await _commands.RunAsync(["mount", "-t", type, "-o", "loop", image, mount], Cancellation);
        if (!mounted.Succeeded)
        {
            NeedsPackage.Missing($"this machine does not mount loop devices: {mounted.Error.Trim()}");
        }

        var random = new Random(type.Length);
        var writer = new Writer(mount);
        var lost = 0;
        try
        {
            writer.Check();
            for (var cut = 0; cut < Cuts; cut++)
            {
                // By the layer and not by File: .NET truncates what it creates, which makes ext4 flush it after all.
                DiskFileLayer.Host.CreateFile($"{mount}/unflushed-{cut}", "this was never flushed"u8, AtomicFile.Private);
                var writing = writer.WriteUntilCutAsync(atLeast: random.Next(1, 12), out var enough);
                await enough.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
                writer.StopAcknowledging();
                await RunAsync([xfsIo, "-x", "-c", "shutdown", mount]);
                await writing.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
                await RunAsync(["umount", mount]);
                await RunAsync(["mount", "-t", type, "-o", "loop", image, mount]);
                writer.Check();
                var unflushed = new FileInfo($"{mount}/unflushed-{cut}");
                lost += unflushed.Exists && unflushed.Length > 0 && File.ReadAllBytes(unflushed.FullName).All(b => b != 0) ? 0 : 1;
            }
        }
        finally
        {
            await _commands.RunAsync(["umount", mount], CancellationToken.None);
        }

        Assert.True(lost > 0, "nothing that was not flushed was ever lost: these were no power cuts");
    }

    private async Task RunAsync(IReadOnlyList<string> arguments)
    {
        var result = await _commands.RunAsync(arguments, Cancellation);
        Assert.True(result.Succeeded, $"{string.Join(' ', arguments)}: {result.ExitCode} {result.Error}");
    }

    /// <summary>Writes rising numbers in three ways and knows which were acknowledged.</summary>
    private sealed class Writer(string mount)
    {
        private int _acknowledged;
        private int _written;
        private volatile bool _isBeingCut;

        private SlotStore Slots => new(DiskFileLayer.Host, mount, "slot", 1 << 20);

        /// <summary>
        /// The power goes any moment now, and nobody is told any more. An fsync that is under way while ext4 shuts down may
        /// return success for a commit that was aborted (jbd2 takes a transaction that is gone for one that is done).
        /// </summary>
        public void StopAcknowledging() => _isBeingCut = true;

        public Task WriteUntilCutAsync(int atLeast, out Task enough)
        {
            var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            enough = reached.Task;
            var first = _acknowledged;
            _isBeingCut = false;
            return Task.Factory.StartNew(Write, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

            void Write()
            {
                try
                {
                    var log = DurableLog.Open(DiskFileLayer.Host, $"{mount}/log", 1 << 26);
                    while (true)
                    {
                        var content = Content(++_written);
                        AtomicFile.Write(DiskFileLayer.Host, $"{mount}/file", content);
                        Slots.Write(content);
                        log.Append(content);
                        if (!_isBeingCut)
                        {
                            _acknowledged = _written;
                        }

                        if (log.Records.Count > 20)
                        {
                            log.Rewrite([log.Records[^1]]);
                        }

                        if (_acknowledged - first >= atLeast)
                        {
                            reached.TrySetResult();
                        }
                    }
                }
                catch (IOException failure)
                {
                    reached.TrySetException(failure); // before the cut it is one of ours; after it, nobody waits any more
                }
            }
        }

        /// <summary>All three hold the last acknowledged number or a later one, and the writer goes on from there.</summary>
        public void Check()
        {
            var slot = Slots.Read() switch
            {
                SlotRead.Empty => 0,
                SlotRead.Value value => NumberOf(value.Content.Span),
                var other => throw new InvalidOperationException($"a power cut alone must not lead to {other}"),
            };
            var log = DurableLog.Open(DiskFileLayer.Host, $"{mount}/log", 1 << 26);
            int[] found =
            [
                DiskFileLayer.Host.Read($"{mount}/file", 1 << 20) is { } bytes ? NumberOf(bytes) : 0,
                slot,
                log.Records.Count == 0 ? 0 : NumberOf(log.Records[^1].Span),
            ];
            Assert.All(found, number => Assert.InRange(number, _acknowledged, _written));
            _acknowledged = _written = found.Min();
        }

        private static byte[] Content(int number)
        {
            var content = new byte[ContentBytes];
            for (var at = 0; at < ContentBytes; at += 4)
            {
                BinaryPrimitives.WriteInt32LittleEndian(content.AsSpan(at), number);
            }

            return content;
        }

        private static int NumberOf(ReadOnlySpan<byte> content)
        {
            var number = BinaryPrimitives.ReadInt32LittleEndian(content);
            Assert.True(content.SequenceEqual(Content(number)), "the content is neither old nor new");
            return number;
        }
    }
}
