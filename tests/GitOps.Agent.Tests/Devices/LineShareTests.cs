using GitOps.Agent.Devices;
using GitOps.Agent.Devices.Modbus;

namespace GitOps.Agent.Tests.Devices;

/// <summary>What units that do not answer take of a line, and when a late poll is made up for.</summary>
public sealed class LineShareTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    public void Silent_units_take_a_tenth_of_the_line_however_many_they_are(int silent)
    {
        var share = new LineShare();
        var now = TimeSpan.Zero;
        var (answered, taken) = (0, TimeSpan.Zero);
        while (now < TimeSpan.FromHours(1))
        {
            var ready = Enumerable.Range(2, silent).Select(unit => (byte)unit).FirstOrDefault(unit => share.Wait(unit, now) == TimeSpan.Zero);
            if (ready != 0)
            {
                share.Note(ready, isAnswered: false, now, now + Second);
                (now, taken) = (now + Second, taken + Second);
            }

            share.Note(1, isAnswered: true, now, now + (Second / 50));
            (now, answered) = (now + (Second / 50), answered + 1);
        }

        // The first two attempts with each cost what they cost.
        Assert.InRange(taken - (2 * silent * Second), TimeSpan.Zero, now / 10);
        Assert.InRange(answered, 0.89 * ((now - (2 * silent * Second)) / (Second / 50)), double.MaxValue); // an attempt at the end is not made up for
    }

    [Fact]
    public void One_lost_answer_makes_nobody_wait()
    {
        var share = new LineShare();
        share.Note(1, isAnswered: true, TimeSpan.Zero, Second);
        share.Note(2, isAnswered: false, Second, 2 * Second);

        Assert.Equal(TimeSpan.Zero, share.Wait(2, 2 * Second));
    }

    [Fact]
    public void Where_nobody_answers_or_the_silent_one_answers_again_nobody_waits()
    {
        var share = new LineShare();
        Silence(share, 2);
        Assert.Equal(TimeSpan.Zero, share.Wait(2, 3 * Second));

        share.Note(1, isAnswered: true, 3 * Second, 3 * Second);
        Assert.Equal(9 * Second, share.Wait(2, 3 * Second));

        share.Note(2, isAnswered: true, 12 * Second, 12 * Second);
        Assert.Equal(TimeSpan.Zero, share.Wait(2, 12 * Second));
        Silence(share, 3);
        share.Forget(1);
        share.Forget(2);
        Assert.Equal(TimeSpan.Zero, share.Wait(3, 3 * Second));
    }

    [Fact]
    public void A_poll_that_comes_late_makes_no_later_one_late_and_a_missed_one_is_not_made_up_for()
    {
        Assert.Equal(10 * Second, PollSchedule.CountsFrom(10 * Second, Second, (10 * Second) + (Second / 2)));
        Assert.Equal(17 * Second, PollSchedule.CountsFrom(10 * Second, Second, 17 * Second));
        Assert.Equal(9 * Second, PollSchedule.CountsFrom(10 * Second, Second, 9 * Second));
        Assert.Equal(9 * Second, PollSchedule.CountsFrom(TimeSpan.Zero, Second, 9 * Second));
    }

    private static void Silence(LineShare share, byte unit)
    {
        for (var i = 0; i < LineShare.Silences + 1; i++)
        {
            share.Note(unit, isAnswered: false, i * Second, (i * Second) + Second);
        }
    }
}
