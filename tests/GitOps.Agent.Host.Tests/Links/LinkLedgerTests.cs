using GitOps.Agent.Host.Links;
using GitOps.Agent.Links;
using GitOps.Bundles.Units;
using GitOps.TestKit.Files;
using Microsoft.Extensions.Time.Testing;

namespace GitOps.Agent.Host.Tests.Links;

public sealed class LinkLedgerTests
{
    private const string Path = "/state/link.json";
    private readonly MemoryFileLayer _layer = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 24, 12, 0, 0, TimeSpan.Zero));

    public LinkLedgerTests() => _layer.CreateDirectory("/state", (UnixFileMode)0x1C0);

    private LinkLedger Ledger => new(_layer, Path, new LinkPolicy { Budget = new(1000, 2) }, _time);

    [Fact]
    public void What_was_fetched_counts_after_a_restart_until_its_day_is_over()
    {
        Ledger.Under(null).Count(900);
        Assert.IsType<LinkVerdict.Held>(Ledger.Under(null).Ask(101));
        _time.Advance(TimeSpan.FromDays(2));
        Assert.IsType<LinkVerdict.Open>(Ledger.Under(null).Ask(1000));
    }

    [Fact]
    public void A_person_opens_it_for_an_hour()
    {
        var ledger = Ledger;
        ledger.Under(null).Count(1000);
        ledger.OpenForAnHour();
        Assert.IsType<LinkVerdict.Open>(ledger.Under(null).Ask(5000));
        _time.Advance(TimeSpan.FromMinutes(61));
        Assert.IsType<LinkVerdict.Held>(ledger.Under(null).Ask(1));
    }

    [Fact]
    public void A_node_without_a_budget_writes_nothing()
    {
        new LinkLedger(_layer, Path, LinkPolicy.Free, _time).Under(null).Count(1000);
        Assert.Null(_layer.Stat(Path));
    }

    [Fact]
    public void A_file_that_cannot_be_read_is_begun_anew()
    {
        _layer.CreateFile(Path, "rubbish"u8, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var ledger = Ledger;
        ledger.Under(null).Count(1000);
        Assert.IsType<LinkVerdict.Held>(Ledger.Under(null).Ask(1));
    }

    [Fact]
    public void What_the_site_says_counts_on_top_of_what_the_node_says()
    {
        var nights = new LinkPolicy { Windows = DailyWindow.TryParseList("22:00-05:00")!.Value, TimeZone = "Asia/Tokyo", Source = "Site 'osaka'" };
        var held = Assert.IsType<LinkVerdict.Held>(Ledger.Under(nights).Ask(1)).Problem;
        Assert.Equal("Site 'osaka' lets contents be fetched within 22:00-05:00 only, and it is 21:00 in Asia/Tokyo", held.What);
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(TimeSpan.FromHours(7), Assert.IsType<LinkVerdict.Open>(Ledger.Under(nights).Ask(1)).For);
        Assert.IsType<LinkVerdict.Held>(Ledger.Under(nights).Ask(1001));
    }

    [Fact]
    public void Bytes_count_for_a_budget_of_the_site_alone_and_before_it_was_there()
    {
        var ledger = new LinkLedger(_layer, Path, LinkPolicy.Free, _time);
        var tight = new LinkPolicy { Budget = new(100, 7) };
        ledger.Under(new LinkPolicy { Budget = new(1000, 7) }).Count(80);
        Assert.IsType<LinkVerdict.Held>(ledger.Under(tight).Ask(21));
        Assert.IsType<LinkVerdict.Open>(ledger.Under(null).Ask(21));
    }
}
