using GitOps.Agent.Host.Links;
using GitOps.Agent.Links;
using GitOps.TestKit.Files;
using Microsoft.Extensions.Time.Testing;

namespace GitOps.Agent.Host.Tests.Links;

public sealed class LinkLedgerTests
{
    private const string Path = "/state/link.json";
    private readonly MemoryFileLayer _layer = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 24, 12, 0, 0, TimeSpan.Zero));

    public LinkLedgerTests() => _layer.CreateDirectory("/state", (UnixFileMode)0x1C0);

    private LinkLedger Ledger => new(_layer, Path, new LinkPolicy { BudgetBytes = 1000, BudgetDays = 2 }, _time);

    [Fact]
    public void What_was_fetched_counts_after_a_restart_until_its_day_is_over()
    {
        Ledger.Count(900);
        Assert.IsType<LinkVerdict.Held>(Ledger.Ask(101));
        _time.Advance(TimeSpan.FromDays(2));
        Assert.IsType<LinkVerdict.Open>(Ledger.Ask(1000));
    }

    [Fact]
    public void A_person_opens_it_for_an_hour()
    {
        var ledger = Ledger;
        ledger.Count(1000);
        ledger.OpenForAnHour();
        Assert.IsType<LinkVerdict.Open>(ledger.Ask(5000));
        _time.Advance(TimeSpan.FromMinutes(61));
        Assert.IsType<LinkVerdict.Held>(ledger.Ask(1));
    }

    [Fact]
    public void A_node_without_a_budget_writes_nothing()
    {
        new LinkLedger(_layer, Path, LinkPolicy.Free, _time).Count(1000);
        Assert.Null(_layer.Stat(Path));
    }

    [Fact]
    public void A_file_that_cannot_be_read_is_begun_anew()
    {
        _layer.CreateFile(Path, "rubbish"u8, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var ledger = Ledger;
        ledger.Count(1000);
        Assert.IsType<LinkVerdict.Held>(Ledger.Ask(1));
    }
}
