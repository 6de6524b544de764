using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace GitOps.Agent.Host.Tests.Faults;

/// <summary>Every state a power cut may leave of everything the agent writes: always exactly old or new.</summary>
public sealed class CrashReplayTests
{
    /// <summary>All writers together.</summary>
    private const int LeastStates = 50_000;

    [Fact]
    public void Whatever_the_agent_writes_is_old_or_new_after_a_power_cut_at_any_moment()
    {
        var states = new ConcurrentDictionary<string, int>();
        Parallel.ForEach(DurableWriters.All, writer =>
        {
            var watch = Stopwatch.StartNew();
            states[writer.Name] = writer.Check();
            TestContext.Current.SendDiagnosticMessage($"{writer.Name}: {states[writer.Name]} states in {watch.ElapsedMilliseconds} ms");
        });
        var total = states.Values.Sum();
        Assert.True(total >= LeastStates, $"{total} states: {string.Join(", ", states.Select(s => $"{s.Key} {s.Value}"))}");
    }

    [Fact]
    public void Every_part_of_the_agent_that_writes_durably_is_among_them()
    {
        var root = Path.GetFullPath("../../../edge-agent/GitOps.Agent.Host", ThisFolder());
        string[] signs = ["AtomicFile.Write(", "AtomicFile.Relink(", "new SlotStore(", "new(layer, directory, \"", "DurableLog.Open(", "ayer.Rename(", "iles.Rename(", ".CreateDirectory("];
        var writers = Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(root, path))
            .Where(path => !path.StartsWith("obj/", StringComparison.Ordinal) && !path.StartsWith("bin/", StringComparison.Ordinal))
            .Where(path => File.ReadAllText($"{root}/{path}") is var text && signs.Any(text.Contains))
            .ToHashSet();
        // A log is not durable by intent: it is worth less than the flushes it would cost.
        writers.Remove("Processes/RotatedLog.cs");
        // The folders of control groups are the kernel's, and no disk holds them.
        writers.Remove("Processes/ControlGroup.cs");
        Assert.Equal(writers.Order(), DurableWriters.All.SelectMany(w => w.Sources).Intersect(writers).Order());
    }

    private static string ThisFolder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
