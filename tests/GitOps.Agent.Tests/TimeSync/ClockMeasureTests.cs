using CsCheck;
using GitOps.Agent.TimeSync;
using GitOps.Agent.TimeSync.Sntp;
using GitOps.Simulation.Time;

namespace GitOps.Agent.Tests.TimeSync;

public sealed class ClockMeasureTests
{
    // captured from chronyc 4.3
    private const string Synchronised = "7F000001,127.0.0.1,4,1795513540.630955797,-0.000003616,0.000003634,0.000003634,-0.044,-0.000,196.983,0.000011438,0.000102778,0.0,Normal\n";
    private const string NotYet = "00000000,,0,0.000000000,0.000000000,0.000000000,0.000000000,0.000,0.000,0.000,1.000000000,1.000000000,0.0,Not synchronised\n";
    private static readonly DateTimeOffset SentAt = new(2026, 11, 24, 10, 0, 0, TimeSpan.Zero);

    [Fact]
    public void All_fourteen_fields_of_tracking_are_read()
    {
        var tracking = ChronyTracking.TryParse(Synchronised);

        Assert.Equal(
            new ChronyTracking("7F000001", "127.0.0.1", 4, 1_795_513_540.630_955_797m, -0.000_003_616m, 0.000_003_634m, 0.000_003_634m, -0.044m, -0.000m,
                196.983m, 0.000_011_438m, 0.000_102_778m, 0, "Normal"),
            tracking);
        // chronyc itself called this one "0.000003615 seconds fast": ahead
        Assert.Equal(new ClockMeasure(0.000_003_616m, 0.000_112_113m, 4, "127.0.0.1"), tracking!.ToMeasure());
    }

    [Fact]
    public void A_clock_that_follows_nothing_has_no_measure() => Assert.Null(ChronyTracking.TryParse(NotYet)!.ToMeasure());

    [Fact]
    public void A_clock_that_follows_only_itself_has_no_measure() => Assert.Null(
        ChronyTracking.TryParse(Synchronised.Replace("7F000001", "7F7F0101", StringComparison.Ordinal))!.ToMeasure());

    [Theory]
    [InlineData("")]
    [InlineData("506 Cannot talk to daemon\n")]
    [InlineData("7F000001,127.0.0.1,4,1,2,3,4,5,6,7,8,9,Normal\n")]
    [InlineData("7F000001,127.0.0.1,four,1,2,3,4,5,6,7,8,9,10,Normal\n")]
    [InlineData("7F000001,127.0.0.1,4,1,2,3,4,5,nan,7,8,9,10,Normal\n")]
    [InlineData("7F000001,127.0.0.1,4,1,2,3,4,5,6,7,8,9,10,Normal\nonce more\n")]
    public void What_is_not_tracking_is_not_read(string text) => Assert.Null(ChronyTracking.TryParse(text));

    [Fact]
    public void Whatever_text_comes_reading_it_never_throws() => Gen.String.Sample(text =>
    {
        _ = ChronyTracking.TryParse(text);
        _ = ChronyTracking.ParseSources(text);
    });

    [Fact]
    public void Sources_are_named_as_they_were_configured() => Assert.Equal(
        ["127.0.0.1", "no.such.host.invalid"],
        ChronyTracking.ParseSources("^,?,127.0.0.1,3,6,1,0,0.000003081,0.000003081,0.000006036\n^,?,no.such.host.invalid,0,6,0,4294967295,0.0,0.0,0.0\n"));

    [Fact]
    public void A_server_that_is_ahead_is_measured_to_within_the_way_there_and_back() =>
        Gen.Select(Gen.Int[-100_000, 100_000], Gen.Int[0, 400], Gen.Int[0, 400], Gen.ULong).Sample((aheadMs, outMs, backMs, nonce) =>
        {
            var server = new SntpServer { Ahead = TimeSpan.FromMilliseconds(aheadMs) };
            var sample = (SntpAnswer.Sample)Ask(server, nonce, outMs, backMs);
            var error = Math.Abs(sample.Ahead + (aheadMs / 1_000m));
            return error <= (sample.Delay / 2) + 0.000_001m && Math.Abs(sample.Delay - ((outMs + backMs) / 1_000m)) < 0.000_001m;
        });

    [Fact]
    public void Times_before_and_after_2036_are_told_apart()
    {
        var later = new DateTimeOffset(2040, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var answer = new SntpServer().Answer(SntpPacket.Request(7), later, later)!;

        var sample = Assert.IsType<SntpAnswer.Sample>(SntpPacket.Read(answer, 7, later, TimeSpan.Zero));

        Assert.InRange(sample.Ahead, -0.001m, 0.001m);
    }

    [Fact]
    public void Answers_that_must_not_be_believed_are_not()
    {
        Assert.IsType<SntpAnswer.Unusable>(Ask(new SntpServer { Forges = true }));
        Assert.IsType<SntpAnswer.Unusable>(Ask(new SntpServer { Leap = 3 }));
        Assert.IsType<SntpAnswer.Unusable>(Ask(new SntpServer { Stratum = 16 }));
        Assert.IsType<SntpAnswer.Unusable>(Ask(new SntpServer { RootDispersion = TimeSpan.FromSeconds(17) }));
        Assert.Equal(new SntpAnswer.Kiss("RATE"), Ask(new SntpServer { Kiss = "RATE" }));
    }

    [Fact]
    public void Whatever_packet_comes_reading_it_never_throws() => Gen.Byte.Array[0, 100].Sample(
        packet => SntpPacket.Read(packet, 0, SentAt, TimeSpan.Zero) is not null);

    [Fact]
    public void Of_three_servers_one_that_lies_is_outvoted_and_the_bound_grows_with_age()
    {
        ServerSample[] samples = [Sample("a", 0.001m), Sample("b", 0.002m), Sample("liar", 900m)];

        var now = SntpMeasure.Median(samples, TimeSpan.Zero)!;
        var later = SntpMeasure.Median(samples, TimeSpan.FromSeconds(1_000))!;

        Assert.Equal(("b", 0.002m, 0.002m + 0.01m + 0.001m), (now.Source, now.Ahead, now.ErrorBound));
        Assert.Equal(now.ErrorBound + 0.015m, later.ErrorBound);
        Assert.Null(SntpMeasure.Median(samples, TimeSpan.FromHours(1)));
    }

    [Fact]
    public void A_server_is_asked_four_times_and_then_every_sixty_four_seconds_at_most()
    {
        var pacing = new SntpPacing();
        List<TimeSpan> pauses = [];
        for (var i = 0; i < 10; i++)
        {
            pacing = pacing.After(null);
            pauses.Add(pacing.Pause(jitter: 0));
        }

        Assert.Equal(3, pauses.Count(p => p < SntpPacing.Least));
        Assert.All(pauses.Skip(3), p => Assert.Equal(SntpPacing.Least, p));
    }

    [Fact]
    public void A_server_that_asks_for_less_is_asked_less_and_one_that_denies_us_never_again()
    {
        var slower = new SntpPacing().After(new SntpAnswer.Kiss("RATE"));

        Assert.Equal(SntpPacing.Least * 2, slower.Pause(jitter: 0));
        Assert.True(new SntpPacing().After(new SntpAnswer.Kiss("DENY")).IsDenied);
        for (var i = 0; i < 20; i++)
        {
            slower = slower.After(new SntpAnswer.Kiss("RATE"));
        }

        Assert.Equal(SntpPacing.Most, slower.Interval);
    }

    private static ServerSample Sample(string server, decimal ahead) =>
        new(server, new SntpAnswer.Sample(ahead, 0.02m, 0, 0.001m, 2), TimeSpan.Zero);

    private static SntpAnswer Ask(SntpServer server, ulong nonce = 42, int outMs = 5, int backMs = 5)
    {
        var received = SentAt.AddMilliseconds(outMs);
        return SntpPacket.Read(server.Answer(SntpPacket.Request(nonce), received, received)!, nonce, SentAt, TimeSpan.FromMilliseconds(outMs + backMs));
    }
}
