using CsCheck;
using GitOps.Agent.Self;
using GitOps.Bundles;

namespace GitOps.Agent.Tests.Self;

public sealed class SlotMachineTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);
    private static readonly Problem Why = new(AgentCodes.AgentGivenUp, "it is bad", "another one");

    [Fact]
    public void A_new_agent_that_never_says_that_it_is_well_is_started_three_times_and_left()
    {
        var state = SlotMachine.Begin(SlotState.Initial, SlotOf(0, "0.2.0"), Limit, mustReach: true);
        for (var start = 1; start <= 3; start++)
        {
            (state, var run) = SlotMachine.Choose(state, "0.1.0");
            Assert.Equal((0, start), (run!.Number, state.Trial!.Starts));
        }

        (state, var back) = SlotMachine.Choose(state, "0.1.0");
        Assert.Null(back);
        Assert.Equal(("0.2.0", null), (state.Failure!.Version, state.Trial));
        Assert.Null(SlotMachine.Choose(state, "0.1.0").Run);
    }

    [Fact]
    public void One_that_says_so_runs_from_then_on_and_what_comes_next_takes_the_other_slot()
    {
        var state = Proved(SlotState.Initial, "0.2.0");
        Assert.Equal((0, 1), (SlotMachine.Choose(state, "0.1.0").Run!.Number, SlotMachine.FreeSlot(state)));
        state = Proved(state, "0.3.0");
        Assert.Equal((1, 0), (SlotMachine.Choose(state, "0.1.0").Run!.Number, SlotMachine.FreeSlot(state)));
        state = SlotMachine.GoBack(SlotMachine.Begin(state, SlotOf(0, "0.4.0"), Limit, mustReach: false), Why);
        Assert.Equal("0.3.0", SlotMachine.Choose(state, "0.1.0").Run!.Version);
    }

    [Theory]
    [InlineData("0.1.0", false)] // the one that was there when the slot was chosen
    [InlineData("0.1.5", false)] // newer than that, older than the slot
    [InlineData("0.3.0", true)]
    public void An_installed_agent_that_a_person_made_newer_runs(string installed, bool runs) =>
        Assert.Equal(runs, SlotMachine.Choose(Proved(SlotState.Initial, "0.2.0"), installed).Run is null);

    [Fact]
    public void When_git_says_the_older_one_all_the_same_that_is_no_upgrade_any_more()
    {
        var state = SlotMachine.Begin(Proved(SlotState.Initial, "0.2.0"), SlotOf(1, "0.2.0"), Limit, mustReach: false);
        Assert.Equal("0.2.0", SlotMachine.Choose(SlotMachine.Confirm(state, "0.3.0"), "0.3.0").Run!.Version);
    }

    [Fact]
    public void Whatever_happens_the_good_one_is_never_written_over_and_a_bad_one_never_stays() =>
        Gen.Int[0, 4].Array[0, 40].Sample(events =>
        {
            var (state, next, startsInARow) = (SlotState.Initial, 0, 0);
            foreach (var what in events)
            {
                switch (what)
                {
                    case 0:
                        var slot = SlotOf(SlotMachine.FreeSlot(state), $"1.0.{next++}");
                        Assert.NotEqual(state.Good?.Number, slot.Number);
                        (state, startsInARow) = (SlotMachine.Begin(state, slot, Limit, mustReach: true), 0);
                        break;
                    case 1:
                        state = SlotMachine.Confirm(state, "0.1.0");
                        break;
                    case 2:
                        state = SlotMachine.GoBack(state, Why);
                        break;
                    default:
                        (state, var run) = SlotMachine.Choose(state, "0.1.0");
                        startsInARow = state.Trial is null ? 0 : startsInARow + 1;
                        Assert.InRange(startsInARow, 0, SlotMachine.MaxStarts);
                        Assert.Equal(state.Trial?.Slot ?? state.Good, run);
                        break;
                }
            }
        });

    private static SlotState Proved(SlotState state, string version) =>
        SlotMachine.Confirm(SlotMachine.Begin(state, SlotOf(SlotMachine.FreeSlot(state), version), Limit, mustReach: false), "0.1.0");

    private static Slot SlotOf(int number, string version) => new(number, version, Digest.Of(System.Text.Encoding.UTF8.GetBytes(version)));
}
