using GitOps.Agent.History;
using GitOps.Agent.Host.History;
using GitOps.TestKit.Files;

namespace GitOps.Agent.Host.Tests.History;

public sealed class HistoryLogTests
{
    private const string Path = "/state/history.log";
    private readonly MemoryFileLayer _layer = new();

    public HistoryLogTests() => _layer.CreateDirectory("/state", (UnixFileMode)0x1C0);

    [Fact]
    public void What_was_noted_is_there_after_a_restart()
    {
        var entry = Entry(7) with { Kind = HistoryKind.GivenUp, ReturnedTo = 6, Bundle = Bundles.Digest.Of([1]), Revision = "abc" };
        new HistoryLog(_layer, Path).Note(entry);
        Assert.Equal([entry], new HistoryLog(_layer, Path).Entries);
    }

    [Fact]
    public void The_older_half_goes_when_the_bound_is_reached_and_the_newest_stays()
    {
        var log = new HistoryLog(_layer, Path, limitBytes: 4096);
        for (var i = 1; i <= 200; i++)
        {
            log.Note(Entry(i));
        }

        Assert.Equal(200, log.Entries[^1].Generation);
        Assert.InRange(_layer.Stat(Path)!.SizeBytes, 1, 4096);
        Assert.Equal(log.Entries, new HistoryLog(_layer, Path, 4096).Entries);
    }

    [Fact]
    public void A_file_that_is_no_history_is_begun_anew()
    {
        _layer.CreateFile(Path, "rubbish of another program"u8, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var log = new HistoryLog(_layer, Path);
        log.Note(Entry(1));
        Assert.Equal([Entry(1)], new HistoryLog(_layer, Path).Entries);
    }

    private static HistoryEntry Entry(long generation) =>
        new(new DateTimeOffset(2026, 11, 24, 8, 0, 0, TimeSpan.Zero), true, HistoryKind.Committed, generation, "every unit of it was ready");
}
