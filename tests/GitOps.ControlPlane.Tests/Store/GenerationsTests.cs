using CsCheck;
using GitOps.ControlPlane.Store;

namespace GitOps.ControlPlane.Tests.Store;

public sealed class GenerationsTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 24, 10, 0, 0, TimeSpan.Zero);
    private static readonly long NowMs = Now.ToUnixTimeMilliseconds();

    [Fact]
    public void The_next_one_is_above_database_store_and_every_report()
    {
        Assert.Equal(8, Generations.Next(database: 7, store: 3, reported: 5, clock: null));
        Assert.Equal(8, Generations.Next(database: 3, store: 7, reported: 5, clock: null));
        Assert.Equal(8, Generations.Next(database: 3, store: 5, reported: 7, clock: null));
    }

    [Fact]
    public void Where_nothing_is_known_a_synchronised_clock_keeps_it_above_what_was_forgotten()
    {
        Assert.Equal(NowMs, Generations.Next(0, 0, 0, Now));
        Assert.Equal(1, Generations.Next(0, 0, 0, clock: null));
    }

    [Fact]
    public void After_a_backup_of_this_day_the_clock_passes_what_was_published_since()
    {
        var backup = Now.AddHours(-23).ToUnixTimeMilliseconds();

        Assert.Equal(NowMs, Generations.Next(backup, backup, 0, Now));
    }

    [Fact]
    public void A_clock_that_jumped_into_the_future_uses_no_numbers_up()
    {
        var future = Now.AddYears(30);
        var generation = NowMs;
        for (var i = 1; i <= 10; i++)
        {
            generation = Generations.Next(generation, generation, generation, future);
            Assert.Equal(NowMs + i, generation);
        }
    }

    [Fact]
    public void A_clock_in_the_past_changes_nothing() =>
        Assert.Equal(NowMs + 1, Generations.Next(NowMs, NowMs, NowMs, DateTimeOffset.UnixEpoch));

    [Fact]
    public void Whatever_is_known_it_grows_and_by_less_than_a_day() =>
        Gen.Select(Gen.Long[0, 4_000_000_000_000], Gen.Long[0, 4_000_000_000_000], Gen.Long[1, 4_000_000_000_000], Gen.Long[0, 4_000_000_000_000])
            .Sample((database, store, reported, clock) =>
            {
                var known = Math.Max(database, Math.Max(store, reported));
                var next = Generations.Next(database, store, reported, DateTimeOffset.FromUnixTimeMilliseconds(clock));
                Assert.InRange(next, known + 1, known + (long)Generations.LargestLead.TotalMilliseconds);
            });
}
