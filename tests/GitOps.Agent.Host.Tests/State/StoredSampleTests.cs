using System.Text.Json.Nodes;
using GitOps.Agent.Generations;
using GitOps.Agent.History;
using GitOps.Agent.Host.History;
using GitOps.Agent.Host.Processes;
using GitOps.Agent.Host.Self;
using GitOps.Agent.Host.State;
using GitOps.Agent.Self;
using GitOps.Bundles;
using GitOps.Platform.Files;
using GitOps.TestKit.Files;

namespace GitOps.Agent.Host.Tests.State;

/// <summary>
/// What releases wrote to disk, kept in <c>tests/wire</c>, which only grows: this release reads all of it, and what it writes
/// itself has everything a release before it looks for. <c>UPDATE_GOLDEN=1</c> writes a sample that is missing, never another.
/// </summary>
public sealed class StoredSampleTests
{
    private static readonly DurableState State = StateStoreTests.Full(7);

    private static readonly HistoryEntry Entry = new(
        new DateTimeOffset(2026, 11, 24, 8, 0, 0, TimeSpan.Zero), true, HistoryKind.GivenUp, 8, "workload/web: AGT039: not ready within 60 s")
    {
        Bundle = Digest.Of([1]),
        Revision = "0123456789abcdef",
        ReturnedTo = 7,
    };

    [Fact]
    public void The_state_of_every_release_is_read() => Assert.All(StoredSamples.Of("agent-state", StateJson.Write(State)), sample =>
        Assert.Equal(State, StateJson.TryRead(sample)));

    [Fact]
    public void The_history_of_every_release_is_read() => Assert.All(StoredSamples.Of("agent-history", HistoryJson.Write(Entry)), sample =>
        Assert.Equal(Entry, HistoryJson.TryRead(sample)));

    private static readonly SlotState Slots = new()
    {
        Good = new Slot(0, "0.2.0", Digest.Of([1])),
        Trial = new SlotTrial(new Slot(1, "0.3.0", Digest.Of([2])), 1, TimeSpan.FromMinutes(2), MustReach: true),
        Failure = new AgentFailure("0.2.9", Digest.Of([3]), new Problem("AGT067", "it ended", "another one"), IsUnreached: true),
        Installed = "0.1.0",
    };

    private static readonly ShimOrder Order = new(1, "run", "key", 1, 7, ["./run", "--port", "8080"], "/srv")
    {
        Environment = new Dictionary<string, string> { ["A"] = "b" },
        User = "web",
        LogPath = "/log",
        LogMaxBytes = 1024,
        LogFiles = 2,
    };

    private static readonly ShimStatus Status = new(1, "run", "key", 1, 7, "boot", new ProcessMark(10, 20))
    {
        Process = new ProcessMark(11, 21),
        StartedAtMs = 1,
        EndedAtMs = 2,
        ExitCode = 3,
    };

    private static readonly IReadOnlyDictionary<string, string> None = new Dictionary<string, string>();

    [Fact]
    public void The_slots_of_every_release_are_read() => Assert.All(StoredSamples.Of("agent-slots", SlotJson.Write(Slots)), sample =>
        Assert.Equal(Slots, SlotJson.TryRead(sample)));

    [Fact]
    public void A_shim_of_any_release_and_the_agent_of_this_one_understand_each_other()
    {
        Assert.All(StoredSamples.Of("agent-run-order", Written("web.order.json", runs => runs.WriteOrder("web", Order))), sample =>
        {
            var read = On("web.order.json", sample).ReadOrder("web");
            Assert.Equal(Order with { Command = [], Environment = None }, read! with { Command = [], Environment = None });
            Assert.Equal(Order.Command, read.Command);
            Assert.Equal(Order.Environment, read.Environment);
        });
        Assert.All(StoredSamples.Of("agent-run-status", Written("web.status.json", runs => runs.WriteStatus("web", Status))), sample =>
            Assert.Equal(Status, On("web.status.json", sample).ReadStatus("web")));
    }

    private static byte[] Written(string file, Action<ShimFiles> write)
    {
        var layer = new MemoryFileLayer();
        layer.EnsureDirectory("/runs", AtomicFile.Private);
        write(new ShimFiles(layer, "/runs"));
        return layer.Read($"/runs/{file}", 10_000)!;
    }

    private static ShimFiles On(string file, byte[] bytes)
    {
        var layer = new MemoryFileLayer();
        layer.EnsureDirectory("/runs", AtomicFile.Private);
        layer.CreateFile($"/runs/{file}", bytes, AtomicFile.Private);
        return new ShimFiles(layer, "/runs");
    }

    [Fact]
    public void What_is_written_today_has_what_every_release_looks_for()
    {
        Assert.All(StoredSamples.Of("agent-state", StateJson.Write(State)), sample => Has(StateJson.Write(State), sample));
        Assert.All(StoredSamples.Of("agent-history", HistoryJson.Write(Entry)), sample => Has(HistoryJson.Write(Entry), sample));
    }

    [Fact]
    public void What_a_later_release_adds_is_passed_over()
    {
        var later = JsonNode.Parse(StateJson.Write(State))!;
        later["ofALaterRelease"] = new JsonObject { ["x"] = 1 };
        later["quarantined"]![0]!["ofALaterRelease"] = true;
        Assert.Equal(State, StateJson.TryRead(System.Text.Encoding.UTF8.GetBytes(later.ToJsonString())));
    }

    private static void Has(byte[] written, byte[] sample) => Has(JsonNode.Parse(written), JsonNode.Parse(sample), "$");

    private static void Has(JsonNode? written, JsonNode? sample, string where)
    {
        Assert.True(written?.GetValueKind() == sample?.GetValueKind(), $"{where} was {sample?.ToJsonString()} and is {written?.ToJsonString() ?? "absent"}");
        switch (sample)
        {
            case JsonObject members:
                foreach (var (name, value) in members)
                {
                    Has(written![name], value, $"{where}.{name}");
                }

                break;
            case JsonArray items:
                for (var i = 0; i < items.Count; i++)
                {
                    Has(written!.AsArray()[i], items[i], $"{where}[{i}]");
                }

                break;
        }
    }
}
