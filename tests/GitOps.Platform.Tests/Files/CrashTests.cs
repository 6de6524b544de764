using System.Globalization;
using System.Text;
using GitOps.Platform.Files;
using GitOps.TestKit.Files;

namespace GitOps.Platform.Tests.Files;

public sealed class CrashTests
{
    private const string Path = "/state/value";
    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private static readonly CrashOptions Options = new(Setup: layer => layer.EnsureDirectory("/state", Mode));

    [Fact]
    public void An_atomic_file_is_exactly_old_or_new_and_never_older_than_acknowledged()
    {
        var states = CrashReplay.Check(WriteFiles(200), FileIsOldOrNew, Options);
        Assert.True(states >= 8_000, $"only {states} states");
    }

    [Fact]
    public void An_atomic_file_needs_every_flush_it_makes() =>
        Assert.Empty(CrashReplay.FlushesWithoutEffect(WriteFiles(8), FileIsOldOrNew, Options));

    [Fact]
    public void A_slot_store_never_falls_back_and_never_forgets_after_a_power_cut()
    {
        var states = CrashReplay.Check(WriteSlots(200), SlotIsOldOrNew, Options);
        Assert.True(states >= 8_000, $"only {states} states");
    }

    [Fact]
    public void A_slot_store_needs_every_flush_it_makes() =>
        Assert.Empty(CrashReplay.FlushesWithoutEffect(WriteSlots(8), SlotIsOldOrNew, Options));

    [Fact]
    public void A_log_keeps_what_it_acknowledged_and_takes_new_records_after_a_power_cut_and_another_while_it_recovers()
    {
        var states = CrashReplay.Check(WriteLog(200), LogIsAPrefix, Options with { Recover = layer => DurableLog.Open(layer, Path, 1 << 20) });
        Assert.True(states >= 3_500, $"only {states} states");
    }

    [Fact]
    public void A_log_that_is_cleared_keeps_what_it_acknowledged_after_that()
    {
        static void Scenario(IFileLayer layer, Action<int> acknowledge)
        {
            var log = DurableLog.Open(layer, Path, 1 << 20);
            for (var number = 1; number <= 60; number++)
            {
                if (number % 4 == 0)
                {
                    log.Clear();
                }

                log.Append(Content(number));
                acknowledge(number);
            }
        }

        static void Invariant(IFileLayer layer, IReadOnlyList<int> acknowledged)
        {
            var (last, found) = (acknowledged.Count == 0 ? 0 : acknowledged[^1], LastOf(DurableLog.Open(layer, Path, 1 << 20)));
            Assert.True(found == last || found == last + 1 || (found == 0 && (last + 1) % 4 == 0), $"{found} after {last}");
        }

        Assert.True(CrashReplay.Check<int>(Scenario, Invariant, Options) >= 500);
    }

    [Fact]
    public void A_log_needs_every_flush_it_makes() =>
        Assert.Empty(CrashReplay.FlushesWithoutEffect(WriteLog(8), LogIsAPrefix, Options));

    [Fact]
    public void A_nested_directory_holds_once_it_is_ensured()
    {
        static void Scenario(IFileLayer layer, Action<int> acknowledge)
        {
            layer.EnsureDirectory("/state/a/b", Mode);
            acknowledge(1);
        }

        static void Invariant(IFileLayer layer, IReadOnlyList<int> acknowledged) =>
            Assert.True(acknowledged.Count == 0 || layer.Stat("/state/a/b") is not null);

        CrashReplay.Check<int>(Scenario, Invariant, Options);
        Assert.Empty(CrashReplay.FlushesWithoutEffect<int>(Scenario, Invariant, Options));
    }

    [Fact]
    public void A_symbolic_link_points_to_the_old_or_the_new_target()
    {
        static void Scenario(IFileLayer layer, Action<string> acknowledge)
        {
            foreach (var target in new[] { "a", "b", "c" })
            {
                AtomicFile.Relink(layer, "/state/current", target);
                acknowledge(target);
            }
        }

        static void Invariant(IFileLayer layer, IReadOnlyList<string> acknowledged)
        {
            var target = layer.Stat("/state/current") is null ? null : layer.ReadLink("/state/current");
            Assert.Contains(target, new[] { null, "a", "b", "c" }.Skip(acknowledged.Count).Take(2));
        }

        CrashReplay.Check<string>(Scenario, Invariant, Options);
        Assert.Empty(CrashReplay.FlushesWithoutEffect<string>(Scenario, Invariant, Options));
    }

    [Fact]
    public void A_writer_that_does_not_flush_is_found_out()
    {
        var broken = Assert.ThrowsAny<Exception>(() => CrashReplay.Check(
            layer =>
            {
                layer.CreateFile("/state/.value", "new"u8, AtomicFile.Private);
                layer.Rename("/state/.value", Path);
            },
            layer => Assert.Contains(Text(layer), new[] { null, "new" }),
            Options));
        Assert.Contains("A power cut after these operations", broken.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_recovery_that_would_not_survive_a_power_cut_is_found_out()
    {
        static void Recover(IFileLayer layer)
        {
            if (layer.UnlinkIfThere(Path))
            {
                layer.FlushDirectory("/state"); // and only then writes the new one
                AtomicFile.Write(layer, Path, "new"u8);
            }
        }

        var broken = Assert.ThrowsAny<Exception>(() => CrashReplay.Check(
            layer => AtomicFile.Write(layer, Path, "new"u8),
            layer => Assert.NotNull(Text(layer)),
            Options with { Setup = layer => Given(layer), Recover = Recover }));
        Assert.Contains("while it recovers", broken.Message, StringComparison.Ordinal);

        static void Given(IFileLayer layer)
        {
            layer.EnsureDirectory("/state", Mode);
            AtomicFile.Write(layer, Path, "old"u8);
        }
    }

    private static string? Text(IFileLayer layer) => layer.Read(Path, 1 << 20) is { } bytes ? Encoding.UTF8.GetString(bytes) : null;

    /// <summary>A number and enough bytes after it for several blocks.</summary>
    private static byte[] Content(int number) => Encoding.ASCII.GetBytes(
        number.ToString(CultureInfo.InvariantCulture) + ":" + new string((char)('a' + (number % 26)), (number * 397 % 3000) + 1));

    private static int NumberOf(ReadOnlySpan<byte> content)
    {
        var number = int.Parse(Encoding.ASCII.GetString(content[..content.IndexOf((byte)':')]), CultureInfo.InvariantCulture);
        Assert.True(content.SequenceEqual(Content(number)), "the content is neither the old nor the new one");
        return number;
    }

    private static void IsLastOrNext(int number, IReadOnlyList<int> acknowledged)
    {
        var last = acknowledged.Count == 0 ? 0 : acknowledged[^1];
        Assert.InRange(number, last, last + 1);
    }

    private static Action<IFileLayer, Action<int>> WriteFiles(int times) => (layer, acknowledge) =>
    {
        for (var number = 1; number <= times; number++)
        {
            AtomicFile.Write(layer, Path, Content(number), AtomicFile.Readable);
            acknowledge(number);
        }
    };

    private static void FileIsOldOrNew(IFileLayer layer, IReadOnlyList<int> acknowledged)
    {
        var content = layer.Read(Path, 1 << 20);
        var number = content is null ? 0 : NumberOf(content);
        IsLastOrNext(number, acknowledged);
        Assert.True(content is null || layer.Stat(Path)!.Mode == AtomicFile.Readable, "the mode is not the one asked for");
        AtomicFile.Write(layer, Path, Content(77)); // what is left behind is in nobody's way
        Assert.Equal(77, NumberOf(layer.Read(Path, 1 << 20)));
    }

    private static Action<IFileLayer, Action<int>> WriteSlots(int times) => (layer, acknowledge) =>
    {
        var store = new SlotStore(layer, "/state", "slot", 1 << 20);
        for (var number = 1; number <= times; number++)
        {
            store.Write(Content(number));
            acknowledge(number);
        }
    };

    private static void SlotIsOldOrNew(IFileLayer layer, IReadOnlyList<int> acknowledged)
    {
        var store = new SlotStore(layer, "/state", "slot", 1 << 20);
        var number = store.Read() switch
        {
            SlotRead.Empty => 0,
            SlotRead.Value value => NumberOf(value.Content.Span),
            var other => throw new InvalidOperationException($"a power cut alone must not lead to {other}"),
        };
        IsLastOrNext(number, acknowledged);
        store.Write(Content(77));
        Assert.Equal(77, NumberOf(Assert.IsType<SlotRead.Value>(store.Read()).Content.Span));
    }

    private static Action<IFileLayer, Action<int>> WriteLog(int times) => (layer, acknowledge) =>
    {
        var log = DurableLog.Open(layer, Path, 1 << 20);
        for (var number = 1; number <= times; number++)
        {
            if (number % 5 == 0)
            {
                log.Rewrite([.. log.Records.Skip(log.Records.Count - 2)]);
            }

            log.Append(Content(number));
            acknowledge(number);
        }
    };

    private static void LogIsAPrefix(IFileLayer layer, IReadOnlyList<int> acknowledged)
    {
        var last = LastOf(DurableLog.Open(layer, Path, 1 << 20));
        IsLastOrNext(last, acknowledged);
        var log = DurableLog.Open(layer, Path, 1 << 20);
        Assert.Equal(0, log.DroppedBytes); // opening has cut the torn end off
        log.Append(Content(last + 1));
        Assert.Equal(last + 1, LastOf(DurableLog.Open(layer, Path, 1 << 20)));
    }

    /// <summary>The records are consecutive numbers; compaction keeps the last two.</summary>
    private static int LastOf(DurableLog log)
    {
        var numbers = log.Records.Select(record => NumberOf(record.Span)).ToList();
        Assert.Equal(numbers, Enumerable.Range(numbers.FirstOrDefault(), numbers.Count));
        return numbers.LastOrDefault();
    }
}
