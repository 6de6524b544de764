using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using GitOps.Agent.Generations;
using GitOps.Agent.History;
using GitOps.Agent.Host.History;
using GitOps.Agent.Host.State;
using GitOps.Bundles;

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
    public void The_state_of_every_release_is_read() => Assert.All(Samples("agent-state", StateJson.Write(State)), sample =>
        Assert.Equal(State, StateJson.TryRead(sample)));

    [Fact]
    public void The_history_of_every_release_is_read() => Assert.All(Samples("agent-history", HistoryJson.Write(Entry)), sample =>
        Assert.Equal(Entry, HistoryJson.TryRead(sample)));

    [Fact]
    public void What_is_written_today_has_what_every_release_looks_for()
    {
        Assert.All(Samples("agent-state", StateJson.Write(State)), sample => Has(StateJson.Write(State), sample));
        Assert.All(Samples("agent-history", HistoryJson.Write(Entry)), sample => Has(HistoryJson.Write(Entry), sample));
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

    private static List<byte[]> Samples(string name, byte[] today, [CallerFilePath] string here = "")
    {
        var wire = Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "wire");
        var first = Path.Combine(wire, "v1", $"{name}.json");
        if (!File.Exists(first) && Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(first)!);
            File.WriteAllBytes(first, today);
        }

        List<byte[]> samples = [.. Directory.EnumerateFiles(wire, $"{name}*.json", SearchOption.AllDirectories).Select(File.ReadAllBytes)];
        Assert.NotEmpty(samples);
        return samples;
    }
}
