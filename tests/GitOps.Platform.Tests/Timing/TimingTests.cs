using CsCheck;
using GitOps.Platform.Timing;
using Microsoft.Extensions.Time.Testing;

namespace GitOps.Platform.Tests.Timing;

public sealed class TimingTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void A_bound_that_is_lowered_or_raised_counts_from_the_next_wait()
    {
        var backoff = new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60), new Random(1));
        for (var i = 0; i < 20; i++)
        {
            backoff.Next();
        }

        backoff.Maximum = TimeSpan.FromSeconds(5);
        Assert.All(Enumerable.Range(0, 100), _ => Assert.InRange(backoff.Next(), TimeSpan.Zero, TimeSpan.FromSeconds(5)));
        backoff.Maximum = TimeSpan.FromSeconds(100);
        Assert.Contains(Enumerable.Range(0, 100), _ => backoff.Next() > TimeSpan.FromSeconds(50));
    }

    [Theory]
    [InlineData(0, 5)]
    [InlineData(333, 5)]
    [InlineData(10_000, 150)]
    [InlineData(1_000_000, 3600)]
    public void The_window_grows_with_the_fleet(int nodes, int seconds) => Assert.Equal(TimeSpan.FromSeconds(seconds), ReconnectWindow.For(nodes));

    [Fact]
    public void Every_wait_lies_below_a_bound_that_doubles_up_to_the_maximum() =>
        Gen.Select(Gen.Int[1, 1000], Gen.Int[1, 100_000], Gen.Int[1, 80], Gen.Int).Sample((first, factor, failures, seed) =>
        {
            var initial = TimeSpan.FromMilliseconds(first);
            var maximum = initial * factor;
            var backoff = new Backoff(initial, maximum, new Random(seed));
            return Enumerable.Range(0, failures).All(n => backoff.Next() <= Min(initial * Math.Pow(2, Math.Min(n, 30)), maximum))
                && backoff.Failures == failures;
        });

    [Fact]
    public void The_bound_is_reached_by_waits_near_it()
    {
        var backoff = new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60), new Random(1));
        var waits = Enumerable.Range(0, 200).Select(_ => backoff.Next()).ToList();
        Assert.True(waits.Max() > TimeSpan.FromSeconds(55));
        Assert.True(waits.Skip(10).Min() < TimeSpan.FromSeconds(5)); // full jitter: short waits never stop occurring
        backoff.Reset();
        Assert.True(backoff.Next() <= TimeSpan.FromSeconds(1));
    }

    [Fact]
    public void Jitter_stays_around_its_period() =>
        Gen.Select(Gen.Int[1, 100_000], Gen.Double[0, 1], Gen.Int).Sample((seconds, fraction, seed) =>
        {
            var period = TimeSpan.FromSeconds(seconds);
            var actual = Jitter.Around(period, fraction, new Random(seed));
            return actual >= (period * (1 - fraction)) - TimeSpan.FromTicks(1)
                && actual <= (period * (1 + fraction)) + TimeSpan.FromTicks(1)
                && Jitter.FirstOf(period, new Random(seed)) < period;
        });

    [Fact]
    public async Task A_wakeup_waits_for_its_time()
    {
        var time = new FakeTimeProvider();
        var waiting = new Wakeup(time).WaitAsync(TimeSpan.FromMinutes(5), Cancellation);
        time.Advance(TimeSpan.FromMinutes(4));
        Assert.False(waiting.IsCompleted);
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.False(await waiting);
    }

    [Fact]
    public async Task A_signal_wakes_at_once_and_is_used_up()
    {
        var time = new FakeTimeProvider();
        var wakeup = new Wakeup(time);
        var waiting = wakeup.WaitAsync(TimeSpan.FromMinutes(5), Cancellation);
        wakeup.Signal();
        Assert.True(await waiting);
        waiting = wakeup.WaitAsync(TimeSpan.FromMinutes(5), Cancellation);
        Assert.False(waiting.IsCompleted);
        time.Advance(TimeSpan.FromMinutes(5));
        Assert.False(await waiting);
    }

    [Fact]
    public async Task Signals_while_nobody_waits_count_as_one_and_are_not_lost()
    {
        var time = new FakeTimeProvider();
        var wakeup = new Wakeup(time);
        wakeup.Signal();
        wakeup.Signal();
        Assert.True(await wakeup.WaitAsync(TimeSpan.FromMinutes(5), Cancellation));
        Assert.False(wakeup.WaitAsync(TimeSpan.FromMinutes(5), Cancellation).IsCompleted);
    }

    [Fact]
    public async Task A_cancelled_wait_throws_and_keeps_a_later_signal()
    {
        var wakeup = new Wakeup(new FakeTimeProvider());
        using var cancel = new CancellationTokenSource();
        var waiting = wakeup.WaitAsync(TimeSpan.FromMinutes(5), cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        wakeup.Signal();
        Assert.True(await wakeup.WaitAsync(TimeSpan.Zero, Cancellation));
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
