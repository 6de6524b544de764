using System.Diagnostics;
using System.Text;
using GitOps.Platform.Files;
using GitOps.TestKit;
using GitOps.TestKit.Files;

namespace GitOps.Platform.Tests.Files;

public sealed class StoreTests
{
    private readonly MemoryFileLayer _layer = new();

    public StoreTests() => _layer.EnsureDirectory("/state", UnixFileMode.UserRead);

    private SlotStore Slots => new(_layer, "/state", "slot", 1000);

    [Fact]
    public void A_slot_store_that_was_never_written_is_empty() => Assert.IsType<SlotRead.Empty>(Slots.Read());

    [Fact]
    public void A_damaged_slot_is_told_and_the_other_one_serves()
    {
        Slots.Write("old"u8);
        Slots.Write("new"u8);
        Damage("/state/slot.1");
        var fellBack = Assert.IsType<SlotRead.FellBack>(Slots.Read());
        Assert.Equal("old", Encoding.UTF8.GetString(fellBack.Content.Span));
        Assert.Contains("/state/slot.1 does not match its checksum", fellBack.Because, StringComparison.Ordinal);

        Slots.Write("newer"u8); // over the damaged one
        Assert.Equal("newer", Encoding.UTF8.GetString(Assert.IsType<SlotRead.Value>(Slots.Read()).Content.Span));
    }

    [Fact]
    public void A_slot_that_is_gone_is_told_except_the_one_not_written_yet()
    {
        Slots.Write("first"u8);
        Assert.IsType<SlotRead.Value>(Slots.Read());
        Slots.Write("second"u8);
        _layer.Unlink("/state/slot.0");
        Assert.Contains("/state/slot.0 is gone", Assert.IsType<SlotRead.FellBack>(Slots.Read()).Because, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_damaged_slots_are_lost_and_not_empty()
    {
        Slots.Write("a"u8);
        Slots.Write("b"u8);
        Damage("/state/slot.0");
        Damage("/state/slot.1");
        Assert.IsType<SlotRead.Lost>(Slots.Read());
    }

    [Fact]
    public void Any_single_damaged_byte_of_a_slot_is_noticed()
    {
        Slots.Write("content"u8);
        var whole = _layer.Read("/state/slot.0", 1000)!;
        for (var at = 0; at < whole.Length; at++)
        {
            var damaged = (byte[])whole.Clone();
            damaged[at] ^= 0x10;
            AtomicFile.Write(_layer, "/state/slot.0", damaged);
            Assert.IsType<SlotRead.Lost>(Slots.Read());
        }
    }

    [Fact]
    public void A_log_reads_its_records_back_and_cuts_off_what_is_torn()
    {
        var log = DurableLog.Open(_layer, "/log", 1000);
        log.Append("one"u8);
        log.Append("two"u8);
        _layer.Append("/log", "torn"u8);
        var again = DurableLog.Open(_layer, "/log", 1000);
        Assert.Equal(["one", "two"], again.Records.Select(r => Encoding.UTF8.GetString(r.Span)));
        Assert.Equal(4, again.DroppedBytes);
        again.Rewrite([again.Records[1]]);
        again.Append("three"u8);
        Assert.Equal(["two", "three"], again.Records.Select(r => Encoding.UTF8.GetString(r.Span)));
        Assert.Equal(["two", "three"], DurableLog.Open(_layer, "/log", 1000).Records.Select(r => Encoding.UTF8.GetString(r.Span)));
    }

    [Fact]
    public void A_log_is_cleared_without_a_flush_and_goes_on()
    {
        var log = DurableLog.Open(_layer, "/log", 50);
        log.Append(new byte[20]);
        var flushes = _layer.Flushes.Count;
        log.Clear();
        Assert.Empty(log.Records);
        Assert.Equal(flushes, _layer.Flushes.Count);
        log.Append("three"u8);
        Assert.Equal(["three"], DurableLog.Open(_layer, "/log", 50).Records.Select(r => Encoding.UTF8.GetString(r.Span)));
    }

    [Fact]
    public void A_log_is_bounded_and_refuses_a_file_that_is_no_log()
    {
        var log = DurableLog.Open(_layer, "/log", 50);
        log.Append(new byte[20]);
        Assert.Equal(FileFault.TooLarge, Assert.Throws<FileLayerException>(() => log.Append(new byte[20])).Fault);
        _layer.CreateFile("/other", "something else"u8, AtomicFile.Private);
        Assert.Throws<FileLayerException>(() => DurableLog.Open(_layer, "/other", 50));
        Assert.Equal("something else"u8.ToArray(), _layer.Read("/other", 50));
    }

    [Fact]
    public void A_lock_has_one_holder_and_names_it()
    {
        using var directory = new TempDirectory();
        var path = directory["lock"];
        using (CommandLock.TryTake(path, out _))
        {
            Assert.Null(CommandLock.TryTake(path, out var holder));
            Assert.Equal($"process {Environment.ProcessId}", holder);
        }

        using var again = CommandLock.TryTake(path, out _);
        Assert.NotNull(again);
    }

    [Fact]
    public async Task A_lock_that_was_let_go_is_free_at_once_while_programs_are_started_beside_it()
    {
        using var directory = new TempDirectory();
        var path = directory["lock"];
        var isOver = false;
        var starting = Task.Run(StartPrograms, TestContext.Current.CancellationToken);
        try
        {
            for (var i = 0; i < 3_000; i++)
            {
                using var taken = CommandLock.TryTake(path, out var holder);
                Assert.True(taken is not null, $"after {i} times it is still held by {holder}");
            }
        }
        finally
        {
            Volatile.Write(ref isOver, true);
            await starting;
        }

        // Between fork and exec a child has whatever this process has open, the lock's handle too.
        void StartPrograms()
        {
            while (!Volatile.Read(ref isOver))
            {
                using var child = Process.Start("true");
                child.WaitForExit();
            }
        }
    }

    private void Damage(string path)
    {
        var bytes = _layer.Read(path, 1000)!;
        bytes[^1] ^= 1;
        AtomicFile.Write(_layer, path, bytes);
    }
}
