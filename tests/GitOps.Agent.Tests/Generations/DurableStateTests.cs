using GitOps.Agent.Generations;
using GitOps.Agent.Planning;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Tests.Generations;

public sealed class DurableStateTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 24, 10, 0, 0, TimeSpan.Zero);
    private static readonly Unit Data = new("data", new VolumeSpec { Path = "/srv/data", DeletionPolicy = DeletionPolicy.Delete });
    private static readonly Unit Larger = new("data", new VolumeSpec { Path = "/srv/data", LimitBytes = 10, DeletionPolicy = DeletionPolicy.Delete });

    [Fact]
    public void A_unit_counts_as_committed_only_exactly_as_a_committed_generation_had_it()
    {
        var applied = DurableState.Initial.Intend(Data).Own(Data);
        Assert.False(applied.DepartureOf(Data.Id).WasCommitted);

        var committed = applied.NoteCommitted(Bundle.Of([Data]), Now);
        Assert.True(committed.DepartureOf(Data.Id).WasCommitted);
        Assert.True(committed.Intend(Larger).DepartureOf(Data.Id).WasCommitted, "it is not changed yet");
        Assert.False(committed.Intend(Larger).Own(Larger).DepartureOf(Data.Id).WasCommitted);
        Assert.True(committed.Own(Data).DepartureOf(Data.Id).WasCommitted, "a repair makes nothing new of it");
        Assert.False(applied.NoteCommitted(Bundle.Of([Larger]), Now).DepartureOf(Data.Id).WasCommitted);
    }

    [Fact]
    public void A_unit_left_when_a_trusted_clock_first_saw_it_gone_and_a_later_look_changes_nothing()
    {
        var committed = DurableState.Initial.Own(Data).NoteCommitted(Bundle.Of([Data]), Now);

        Assert.Equal(new Departure(true, null), committed.NoteCommitted(Bundle.Empty, null).DepartureOf(Data.Id));
        var left = committed.NoteCommitted(Bundle.Empty, Now);
        Assert.Equal(new Departure(true, Now), left.DepartureOf(Data.Id));
        Assert.Same(left, left.NoteCommitted(Bundle.Empty, Now.AddDays(1)));
        Assert.Equal(new Departure(true, null), left.NoteCommitted(Bundle.Of([Data]), Now).DepartureOf(Data.Id));
    }
}
