using System.Text;
using System.Text.Json.Nodes;
using GitOps.Agent.Generations;
using GitOps.Agent.Host.State;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;
using GitOps.TestKit.Files;

namespace GitOps.Agent.Host.Tests.State;

public sealed class StateStoreTests
{
    private const string Folder = "/state";

    [Fact]
    public void What_is_written_is_read_back_whole()
    {
        var state = Full(7);
        Assert.Equal(state, StateJson.TryRead(StateJson.Write(state)));
    }

    [Fact]
    public void What_people_asked_for_is_read_back_whole()
    {
        var term = new Term(TimeSpan.FromHours(4), new DateTimeOffset(2026, 11, 24, 0, 0, 0, TimeSpan.Zero), IsTrusted: false);
        var state = Full(7) with { Holds = [new PersonHold(UnitId.Parse("file/motd"), "a", "ada", term), new PersonHold(null, "b", "bob", term)] };
        state = state with { Generations = state.Generations with { Pin = new Pin(state.Newest!, "c", "eve", term) } };
        Assert.Equal(state, StateJson.TryRead(StateJson.Write(state)));
    }

    [Theory]
    [InlineData("kind", "hologram")] // a kind of a newer release
    [InlineData("spec", """{"content":[{"text":"x"}],"glow":true,"path":"/srv/motd"}""")] // a field of one
    public void Units_of_a_newer_release_are_kept_as_they_are_until_it_is_back(string member, string value)
    {
        var known = StateJson.Write(Full(7));
        var newer = JsonNode.Parse(known)!;
        var unit = newer["applied"]!["units"]![0]!.AsObject();
        unit[member] = member == "spec" ? JsonNode.Parse(value) : value;
        var id = $"{unit["kind"]}/motd";
        newer["committal"]![0]!["unit"] = id;
        var bytes = Encoding.UTF8.GetBytes(newer.ToJsonString());

        var read = StateJson.TryRead(bytes);
        Assert.NotNull(read);
        Assert.Equal([(UnitId.Parse(id), true)], read.Unreadable.Select(u => (u.Id, u.IsCommitted)));
        Assert.Equal([UnitId.Parse("workload/web")], read.Owned.Select(o => o.Id));
        Assert.Equal(read, StateJson.TryRead(StateJson.Write(read)));
        Assert.True(JsonNode.DeepEquals(newer, JsonNode.Parse(StateJson.Write(read))), "nothing of it is lost");

        // Under the same id it is made anew, and known from then on.
        var anew = read.Intend(new Unit("motd", new FileSpec { Path = "/srv/motd", Content = [new ContentPart.Text("x")] }));
        Assert.Equal(member == "spec" ? 0 : 1, anew.Unreadable.Count);
    }

    [Fact]
    public void After_a_power_cut_at_any_moment_the_state_is_the_last_written_or_the_one_before()
    {
        var states = CrashReplay.Check<long>(
            (layer, written) =>
            {
                for (var generation = 1L; generation <= 4; generation++)
                {
                    new StateStore(layer, Folder).Write(Full(generation));
                    written(generation);
                }
            },
            (layer, written) =>
            {
                var (state, problem) = new StateStore(layer, Folder).Read();
                Assert.NotNull(state);
                Assert.Null(problem);
                Assert.True(state.Generations.SeenGeneration >= (written.Count == 0 ? 0 : written[^1]));
            },
            new CrashOptions(Setup: layer => layer.EnsureDirectory(Folder, AtomicFile.Private)));
        Assert.True(states > 50, $"{states} states");
    }

    [Fact]
    public void A_damaged_slot_costs_the_last_change_and_is_said()
    {
        var layer = new MemoryFileLayer();
        layer.EnsureDirectory(Folder, AtomicFile.Private);
        var store = new StateStore(layer, Folder);
        store.Write(Full(1));
        store.Write(Full(2));
        layer.Truncate($"{Folder}/state.1", 20);
        var (state, problem) = store.Read();
        Assert.Equal(Full(1), state);
        Assert.Equal(AgentCodes.StateFellBack.Id, problem?.Code);
        Assert.Equal(state, store.Open().State);
        Assert.Equal((state, null), store.Open());
        layer.Unlink($"{Folder}/state.0");
        Assert.Equal(Full(1), store.Open().State);

        layer.Truncate($"{Folder}/state.0", 20);
        layer.Truncate($"{Folder}/state.1", 20);
        Assert.Equal((null, AgentCodes.StateLost.Id), (store.Read().State, store.Read().Problem?.Code));
    }

    internal static DurableState Full(long generation)
    {
        var release = new Release(generation, Digest.Of([1]), 12, "0123456789abcdef");
        var unit = new Unit("motd", new FileSpec { Path = "/srv/motd", Content = [new ContentPart.Text("x")] }) { Requires = [UnitId.Parse("clock/site")] };
        var other = new Unit("web", new WorkloadSpec { Process = new ProcessSpec { Command = ["/bin/true"] } });
        var term = new Term(TimeSpan.FromDays(30), new DateTimeOffset(2026, 11, 24, 0, 0, 0, TimeSpan.Zero), IsTrusted: true);
        return new DurableState
        {
            Generations = new GenerationState
            {
                SeenGeneration = generation,
                SeenBundle = release.Bundle,
                Attempt = new Attempt(release) { IsStaged = true, Excused = [unit.Id] },
                Next = release with { Generation = generation + 1 },
                Committed = release,
                Fallback = release with { Generation = 0 },
                Quarantined = [new Quarantine(Digest.Of([2]), new Problem("AGT039", "what", "fix"), unit.Id)],
            },
            Newest = release,
            Root = """{"payload":"x"}""",
            Owned =
            [
                new OwnedUnit(unit, null) { IsCommitted = true, LeftAt = new DateTimeOffset(2026, 11, 23, 0, 0, 0, TimeSpan.Zero) },
                new OwnedUnit(null, other),
            ],
            Holds = [new PersonHold(unit.Id, "because", "ada", term)],
            TrustedTime = new DateTimeOffset(2026, 11, 24, 0, 0, 0, TimeSpan.Zero),
        };
    }
}
