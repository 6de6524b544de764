using GitOps.Platform.Files;
using GitOps.TestKit.Files;

namespace GitOps.Agent.Host.Tests.Faults;

/// <summary>On ext4.</summary>
[Trait("needs", "xfsprogs")]
public sealed class Ext4PowerCutTests() : PowerCutTests("ext4");

/// <summary>On xfs. Beside the other: both wait for disks.</summary>
[Trait("needs", "xfsprogs")]
public sealed class XfsPowerCutTests() : PowerCutTests("xfs");

/// <summary>
/// Every writer of the agent on a real file system that loses power: loop-mounted, shut down below its feet without a flush of
/// its journal, mounted again.
/// </summary>
public abstract class PowerCutTests(string type)
{
    private const int Cuts = 300;

    /// <summary>So many writers are at work when the power goes, each time others.</summary>
    private const int AtATime = 3;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Three_hundred_power_cuts_leave_whatever_the_agent_writes_old_or_new()
    {
        await using var disk = await LoopDisk.MountAsync(type, Cancellation);
        var layer = new RebasedFileLayer(disk.Path);
        var writers = DurableWriters.All.Select((w, index) => new Writing(w, layer, $"/{(char)('a' + index)}")).ToList();
        var random = new Random(type.Length);
        for (var cut = 0; cut < Cuts; cut++)
        {
            var working = Enumerable.Range(0, AtATime).Select(i => writers[(cut + (i * 5)) % writers.Count]).ToList();
            var run = new Run(working, atLeast: random.Next(1, 5));
            await run.Enough.WaitAsync(Limit, Cancellation);
            run.StopAcknowledging();
            disk.Cut();
            await run.Ended.WaitAsync(Limit, Cancellation);
            disk.Restore();
            foreach (var writer in working)
            {
                writer.Look();
            }
        }

        Assert.All(writers, writer => writer.Look());
        Assert.True(disk.Losses > 0, "nothing that was not flushed was ever lost: these were no power cuts");
    }

    /// <summary>One writer, and the version it was last told to hold.</summary>
    private sealed class Writing
    {
        private readonly DurableWriter _writer;
        private readonly RebasedFileLayer _layer;

        /// <param name="folder">Of its own: some of them write at one path.</param>
        public Writing(DurableWriter writer, RebasedFileLayer disk, string folder)
        {
            disk.EnsureDirectory(folder, DurableWriter.Open);
            (_writer, _layer) = (writer, disk.Below(folder));
            _layer.EnsureDirectory("/state", DurableWriter.Open);
            writer.Setup?.Invoke(_layer);
            foreach (var name in _layer.Enumerate("/state"))
            {
                _layer.Flush($"/state/{name}");
            }

            _layer.FlushDirectory("/state");
        }

        public int Acknowledged { get; private set; }

        public void Write(Func<bool> mayAcknowledge)
        {
            var next = Acknowledged + 1;
            _writer.Write(_layer, next);
            if (mayAcknowledge())
            {
                Acknowledged = next;
            }
        }

        public void Look()
        {
            var found = _writer.Read(_layer, Acknowledged);
            Assert.True(found == Acknowledged || found == Acknowledged + 1, $"{_writer.Name}: {found} is there, {Acknowledged} was acknowledged");
            Acknowledged = found;
        }
    }

    /// <summary>Writers at work, one after the other, until the disk fails them.</summary>
    private sealed class Run
    {
        private readonly TaskCompletionSource _enough = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly IReadOnlyList<Writing> _writers;
        private readonly int _atLeast;
        private volatile bool _isBeingCut;

        public Run(IReadOnlyList<Writing> writers, int atLeast)
        {
            (_writers, _atLeast) = (writers, atLeast);
            Ended = Task.Factory.StartNew(Write, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }

        public Task Enough => _enough.Task;

        public Task Ended { get; }

        /// <summary>
        /// The power goes any moment now. An fsync that is under way while ext4 shuts down may return success for a commit
        /// that was aborted (jbd2 takes a transaction that is gone for one that is done): nobody is told any more.
        /// </summary>
        public void StopAcknowledging() => _isBeingCut = true;

        private void Write()
        {
            try
            {
                for (var writes = 0; ; writes++)
                {
                    if (writes == _atLeast)
                    {
                        _enough.TrySetResult();
                    }

                    // Once the power is going, a version is written over and over and never told.
                    _writers[writes % _writers.Count].Write(() => !_isBeingCut);
                }
            }
            catch (Exception failure) when (failure is IOException or Xunit.Sdk.XunitException)
            {
                _enough.TrySetException(failure); // before the cut it is one of ours; after it, nobody waits any more
            }
        }
    }
}
