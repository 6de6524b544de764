using System.Buffers.Binary;
using GitOps.Platform.Files;
using GitOps.TestKit.Files;

namespace GitOps.Platform.Tests.Files;

/// <summary>
/// The file layer against real file systems that lose power: loop-mounted, shut down below the writer's feet without a
/// flush of their journal, mounted again.
/// </summary>
public sealed class PowerCutTests
{
    private const int Cuts = 50;
    private const int ContentBytes = 6000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("ext4")]
    [InlineData("xfs")]
    [Trait("needs", "xfsprogs")]
    public async Task What_was_acknowledged_is_there_after_the_power_was_cut(string type)
    {
        await using var disk = await LoopDisk.MountAsync(type, Cancellation);
        var random = new Random(type.Length);
        var writer = new Writer(disk.Path);
        writer.Check();
        for (var cut = 0; cut < Cuts; cut++)
        {
            var writing = writer.WriteUntilCutAsync(atLeast: random.Next(1, 12), out var enough);
            await enough.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
            writer.StopAcknowledging();
            disk.Cut();
            await writing.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
            disk.Restore();
            writer.Check();
        }

        Assert.True(disk.Losses > 0, "nothing that was not flushed was ever lost: these were no power cuts");
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
