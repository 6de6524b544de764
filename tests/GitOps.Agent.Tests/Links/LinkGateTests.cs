using CsCheck;
using GitOps.Agent.Links;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Tests.Links;

public sealed class LinkGateTests
{
    private static readonly DateOnly Today = new(2026, 11, 24);
    private static readonly LinkPolicy Nights = new() { Windows = DailyWindow.TryParseList("22:00-05:00, 12:00-13:00")!.Value };

    [Theory]
    [InlineData("21:59", null)]
    [InlineData("22:00", 420)]
    [InlineData("23:30", 330)]
    [InlineData("00:00", 300)]
    [InlineData("04:59", 1)]
    [InlineData("05:00", null)]
    [InlineData("12:30", 30)]
    public void A_window_is_open_within_its_times_also_past_midnight(string time, int? minutes)
    {
        var verdict = LinkGate.Ask(Nights, LinkUsage.None, Today.ToDateTime(TimeOnly.Parse(time, System.Globalization.CultureInfo.InvariantCulture)), 1);
        Assert.Equal(minutes, verdict is LinkVerdict.Open({ } left) ? (int)left.TotalMinutes : null);
    }

    [Theory]
    [InlineData("22:00")]
    [InlineData("22:00-25:00")]
    [InlineData("nights")]
    public void What_is_no_window_is_none(string text) => Assert.Null(DailyWindow.TryParseList(text));

    [Fact]
    public void A_budget_holds_what_does_not_fit_and_says_what_helps()
    {
        var policy = new LinkPolicy { Budget = new(1000, 7) };
        var usage = LinkUsage.None.Add(Today.AddDays(-7), 900).Add(Today.AddDays(-6), 300).Add(Today, 200).Add(Today, 100);
        Assert.IsType<LinkVerdict.Open>(Ask(policy, usage, 400)); // seven days ago counts no more
        var held = Assert.IsType<LinkVerdict.Held>(Ask(policy, usage, 401)).Problem;
        Assert.Equal(("AGT060", "401 bytes are to be fetched, and 600 of 1000 bytes of 7 day(s) are used, as agent.json counts"), (held.Code, held.What));
        Assert.Contains("it never fits", Assert.IsType<LinkVerdict.Held>(Ask(policy, LinkUsage.None, 1001)).Problem.Fix, StringComparison.Ordinal);
    }

    [Fact]
    public void A_clock_that_is_set_back_gives_no_budget_anew() => Assert.IsType<LinkVerdict.Held>(
        Ask(new LinkPolicy { Budget = new(1000, 30) }, LinkUsage.None.Add(Today.AddDays(300), 1000), 1));

    [Fact]
    public void No_way_of_asking_ever_passes_the_budget() => Gen.Select(Gen.Int[0, 20], Gen.Int[1, 300]).Array[0, 60].Sample(fetches =>
    {
        var policy = new LinkPolicy { Budget = new(1000, 5) };
        var (usage, day) = (LinkUsage.None, Today);
        foreach (var (later, bytes) in fetches)
        {
            day = day.AddDays(later > 15 ? 1 : 0);
            if (LinkGate.Ask(policy, usage, day.ToDateTime(default), bytes) is LinkVerdict.Open)
            {
                usage = usage.Add(day, bytes);
            }
        }

        Assert.All(Enumerable.Range(0, 70), d => Assert.InRange(
            usage.Days.Where(u => u.Day > Today.AddDays(d - 5) && u.Day <= Today.AddDays(d)).Sum(u => u.Bytes), 0, 1000));
    });

    private static LinkVerdict Ask(LinkPolicy policy, LinkUsage usage, long bytes) => LinkGate.Ask(policy, usage, Today.ToDateTime(default), bytes);
}
