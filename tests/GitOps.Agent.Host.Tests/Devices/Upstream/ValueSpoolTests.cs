using CsCheck;
using GitOps.Agent.Host.Devices.Upstream;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;
using GitOps.TestKit.Files;

namespace GitOps.Agent.Host.Tests.Devices.Upstream;

public sealed class ValueSpoolTests
{
    private const string Folder = "/state/values/oven-1";
    private static readonly DateTimeOffset Start = new(2026, 11, 24, 10, 0, 0, TimeSpan.Zero);
    private readonly MemoryFileLayer _layer = new();

    [Theory]
    [InlineData(BufferKeep.Newest)]
    [InlineData(BufferKeep.Oldest)]
    public void When_it_is_full_the_oldest_go_or_new_ones_do_not_come_and_each_that_is_gone_is_counted(BufferKeep keep)
    {
        var bounds = new UpstreamBuffer { SizeBytes = UpstreamBuffer.LeastBytes, Keep = keep };
        var spool = new ValueSpool(_layer, Folder);
        var device = new UpstreamDevice("oven-1", spool);
        for (var batch = 0; batch < 100; batch++)
        {
            device.Add(Enumerable.Range(batch * 100, 100).Select(Record));
            Flush(device, bounds);
            Assert.InRange(Bytes(), 1, UpstreamBuffer.LeastBytes);
            spool = batch % 30 == 29 ? new ValueSpool(_layer, Folder) : spool; // restarted
            device = ReferenceEquals(spool, device.Spool) ? device : With(device, spool);
        }

        var held = Drain(spool);
        var values = held.Where(record => record.Lost is null).Select(Number).ToList();
        Assert.Equal(keep == BufferKeep.Newest ? Enumerable.Range(10_000 - values.Count, values.Count) : Enumerable.Range(0, values.Count), values);
        Assert.InRange(values.Count, 1_000, 9_000);
        if (keep == BufferKeep.Oldest)
        {
            // There is room again: the next says what is gone before it.
            device.Add([Record(10_000)]);
            Flush(device, bounds);
            held.AddRange(Drain(spool));
            values.Add(10_000);
        }

        Assert.Equal(10_000 - values.Count + (keep == BufferKeep.Oldest ? 1 : 0), held.Sum(record => record.Lost ?? 0));
    }

    [Fact]
    public void Whatever_happens_lines_come_in_order_and_none_twice_and_none_is_missing_that_is_not_counted() =>
        Gen.Select(Gen.Int[0, 9].Array[1, 150], Gen.Int[1, 400], Gen.Bool).Sample((actions, size, keepOldest) =>
        {
            var layer = new MemoryFileLayer();
            var bounds = new UpstreamBuffer { SizeBytes = UpstreamBuffer.LeastBytes, Keep = keepOldest ? BufferKeep.Oldest : BufferKeep.Newest };
            var device = new UpstreamDevice("oven-1", new ValueSpool(layer, Folder));
            var (next, sent, lost) = (0, new List<int>(), 0L);
            foreach (var action in actions.Append(9))
            {
                switch (action)
                {
                    case < 5:
                        device.Add(Enumerable.Range(next, size).Select(Record));
                        next += size;
                        Flush(device, bounds);
                        break;
                    case < 8:
                        Send(device.Spool, 16 * 1024 * (action - 4));
                        break;
                    default:
                        while (Send(device.Spool, 100_000))
                        {
                        }

                        break;
                }
            }

            Flush(device, bounds); // what was refused last, now that there is room
            Send(device.Spool, 100_000);
            Assert.False(Send(device.Spool, 100_000));
            Assert.Equal(sent.Order().Distinct(), sent);
            Assert.Equal(next, sent.Count + lost);

            bool Send(ValueSpool spool, int limit)
            {
                if (spool.Oldest(limit) is not { } part)
                {
                    return false;
                }

                Assert.InRange(part.Lines.Length, 1, limit);
                spool.Forget(part);
                var (records, unreadable) = ValueLines.Read(part.Lines);
                Assert.Equal(0, unreadable);
                sent.AddRange(records.Where(record => record.Lost is null).Select(Number));
                lost += records.Sum(record => record.Lost ?? 0);
                return true;
            }
        }, iter: 60);

    [Fact]
    public void What_is_damaged_is_set_aside_and_the_rest_is_sent()
    {
        var damaged = new List<string>();
        var spool = new ValueSpool(_layer, Folder) { Damaged = damaged.Add };
        for (var i = 0; i < 30; i++)
        {
            Assert.True(spool.TryAppend(_ => Lines(i * 100, 100), new UpstreamBuffer()));
        }

        Assert.True(Files().Count > 2);
        _layer.Unlink($"{Folder}/{Files()[0]}");
        _layer.CreateFile($"{Folder}/00000001.log", "nonsense"u8, AtomicFile.Private);

        var values = Drain(spool).Select(Number).ToList();

        Assert.Single(damaged);
        Assert.Equal(Enumerable.Range(3_000 - values.Count, values.Count), values);
        Assert.Contains("00000001.log.damaged", _layer.Enumerate(Folder));
        spool = new ValueSpool(_layer, Folder); // and after a restart
        Assert.True(spool.TryAppend(_ => Lines(0, 1), new UpstreamBuffer()));
        Assert.Single(Drain(spool));
    }

    [Fact]
    public void What_was_sent_is_not_sent_again_costs_no_flush_and_leaves_eight_bytes()
    {
        var spool = new ValueSpool(_layer, Folder);
        Assert.True(spool.TryAppend(_ => Lines(0, 10), new UpstreamBuffer()));
        var flushes = _layer.Flushes.Count;
        Assert.Equal(10, Drain(spool).Count);
        Assert.Equal((flushes, 8L), (_layer.Flushes.Count, Bytes()));
        Assert.True(spool.TryAppend(_ => Lines(10, 1), new UpstreamBuffer()));
        Assert.Equal(flushes + 1, _layer.Flushes.Count);
        Assert.Equal([10], Drain(new ValueSpool(_layer, Folder)).Select(Number));
        spool.Remove();
        Assert.Null(_layer.Stat(Folder));
    }

    private static ValueRecord Record(int i) =>
        new(Start.AddSeconds(i), "oven-1") { Property = "temperature", Value = new DeviceValue.Number(i) };

    private static int Number(ValueRecord record) => (int)Assert.IsType<DeviceValue.Number>(record.Value).Value;

    private static byte[] Lines(int from, int count) => [.. Enumerable.Range(from, count).SelectMany(i => ReportJson.Write(Record(i)).Append((byte)'\n'))];

    private static void Flush(UpstreamDevice device, UpstreamBuffer bounds)
    {
        if (device.HasPending)
        {
            var pending = device.Pending;
            device.Settle(pending, device.Spool.TryAppend(lost => device.After(lost, pending), bounds));
        }
    }

    /// <summary>The same, as it would be after a restart; what was refused is known as before.</summary>
    private static UpstreamDevice With(UpstreamDevice device, ValueSpool spool)
    {
        var again = new UpstreamDevice("oven-1", spool);
        again.Settle(device.Pending with { Lines = [], Count = 0, Refused = -device.Pending.Refused }, isKept: true);
        return again;
    }

    private static List<ValueRecord> Drain(ValueSpool spool)
    {
        List<ValueRecord> all = [];
        while (spool.Oldest(50_000) is { } part)
        {
            all.AddRange(ValueLines.Read(part.Lines).Records);
            spool.Forget(part);
        }

        return all;
    }

    private IReadOnlyList<string> Files() => [.. _layer.Enumerate(Folder).Where(name => name.EndsWith(".log", StringComparison.Ordinal))];

    private long Bytes() => Files().Sum(name => _layer.Stat($"{Folder}/{name}")!.SizeBytes);
}
