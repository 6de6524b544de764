using System.Globalization;
using GitOps.ControlPlane.Api;

namespace GitOps.Cli.Demo;

/// <summary>What <c>gitops demo --faults</c> tells: what a node survives by itself.</summary>
internal sealed partial class DemoStory
{
    private DemoAgent Victim => world.Agents.Single(a => a.Name == "press-2");

    private async Task TellFaultsAsync(CancellationToken cancellationToken)
    {
        await world.MountDiskAsync(Victim.Name, cancellationToken);
        await FirstPushAsync(cancellationToken);
        await PowerCutAsync(cancellationToken);
        await DamagedStateAsync(cancellationToken);
        await FailedProbeAsync(cancellationToken);
    }

    private async Task PowerCutAsync(CancellationToken cancellationToken)
    {
        screen.Scene("A power cut in the middle of an update", world.Disk is not null
            ? "press-2 lives on a disk of its own, which is shut down without a flush while a push arrives: what was not on disk is lost"
            : "this machine lends no disk to cut (root, loop devices, xfs_io): all of press-2 is killed at once instead, which is less than a power cut");
        await world.Repository.EditAsync("nodes.yaml", "greeting: Mind your fingers", "greeting: Mind your hands", cancellationToken);
        await world.Repository.EditAsync("apps/counter.sh", "echo \"count $count\"", "echo \"now at $count\"", cancellationToken);
        var began = fleet.Elapsed;
        var revision = await world.Repository.PushAsync("An update that the power goes out in", cancellationToken);
        await UntilAsync(
            f => f.Nodes.Any(n => n is { Name: "press-1", Phase: "converged" } && n.Revision == revision), "the canary has it, the others get it now", cancellationToken);
        await CutAsync(cancellationToken);
        var counted = Count(Victim);
        var motd = Read($"{Victim.Root}/motd");
        await ProveAsync(began, "power cut", cancellationToken,
            new Proof("its file", () => motd.Contains("fingers", StringComparison.Ordinal) || motd.Contains("hands", StringComparison.Ordinal),
                () => $"is exactly old or new, after the cut: {motd.Trim()}"));
        Victim.Start();
        await AllOnAsync(revision, "press-2 is back and has the update", cancellationToken);
        await ProveAsync(began, "power cut", cancellationToken,
            new Proof("press-2", () => Read($"{Victim.Root}/motd").Contains("hands", StringComparison.Ordinal), () => Read($"{Victim.Root}/motd").Trim()),
            new Proof("its workload", () => Count(Victim) > counted && IsCounting(Victim), () => $"went on from {counted} to {Count(Victim)}"));
    }

    private async Task CutAsync(CancellationToken cancellationToken)
    {
        if (world.Disk is { } disk && !await disk.CutAsync(cancellationToken))
        {
            throw new SceneFailedException("the power of the disk could not be cut");
        }

        await Victim.KillAsync();
        Leftovers.KillBelow($"{Victim.State}/");
        if (world.Disk is { } dark && !await dark.RestoreAsync(cancellationToken))
        {
            throw new SceneFailedException("the disk could not be mounted again");
        }
    }

    private async Task DamagedStateAsync(CancellationToken cancellationToken)
    {
        screen.Scene("A damaged state file", "the newest copy of what mixer-1 must not forget is overwritten; its agent starts again");
        var agent = world.Agents.Single(a => a.Name == "mixer-1");
        await agent.KillAsync();
        var before = ProcessOf(agent);
        var newest = new[] { $"{agent.State}/state.0", $"{agent.State}/state.1" }.Where(File.Exists).OrderByDescending(File.GetLastWriteTimeUtc).First();
        await File.WriteAllTextAsync(newest, "this is what a failing disk gives back", cancellationToken);
        var began = fleet.Elapsed;
        agent.Start();
        await ProveAsync(began, "damaged state", cancellationToken,
            new Proof("copy before it", () => !File.ReadAllText(newest).StartsWith("this is", StringComparison.Ordinal),
                () => $"{Path.GetFileName(newest)} was fallen back from, and there are two whole copies again"),
            new Proof("its workload", () => before is not null && ProcessOf(agent) == before && IsCounting(agent), () => $"is the same process as before: {before}"));
        await UntilAsync(f => f.Nodes.All(n => n is { Phase: "converged", Online: true }), "mixer-1 is converged again", cancellationToken);
        var told = await ToldAsync(agent.Name, "AGT045", cancellationToken);
        await ProveAsync(began, "damaged state", cancellationToken, new Proof("told", () => told is not null, () => $"AGT045: {told}"));
    }

    /// <summary>What a node told of something; null when it did not within some seconds.</summary>
    private async Task<string?> ToldAsync(string node, string code, CancellationToken cancellationToken)
    {
        for (var tries = 0; tries < 100; tries++)
        {
            if (await world.Api.GetNodeAsync(node, cancellationToken) is ApiAnswer<NodeDocument>.Ok(var document) &&
                document.Events.FirstOrDefault(e => e.Code == code) is { } told)
            {
                return told.Message;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), cancellationToken); // an event is stored, and nobody signals it
        }

        return null;
    }

    private async Task FailedProbeAsync(CancellationToken cancellationToken)
    {
        screen.Scene("A health probe that fails", "the next version runs, and never says that it is ready: the canary gives it up and goes back by itself");
        var good = fleet.Nodes.Single(n => n.Name == "press-2").Generation;
        await world.Repository.EditAsync("apps/counter.yaml", "  probes:\n", "  probes:\n    - name: ready\n      log: {contains: ready to serve}\n      period: 500ms\n", cancellationToken);
        await world.Repository.EditAsync("apps/counter.sh", "echo \"now at $count\"", "echo \"at last at $count\"", cancellationToken);
        var began = fleet.Elapsed;
        await world.Repository.PushAsync("Starts, and is not well", cancellationToken);
        await UntilAsync(f => f.Status?.Rollout is { Phase: "stopped" }, "the canary's probe fails and the rollout stops", cancellationToken);
        DemoScreen.Order(fleet.Since(began));
        DemoScreen.Stopped(fleet.Status!.Rollout!);
        await ProveAsync(began, "failed probe", cancellationToken,
            new Proof("canary", () => Node("press-1") is { Phase: "failed" } && IsCounting(world.Agents[1]), () => "press-1 is back on the last good version, which counts"),
            new Proof("fleet", () => Node("press-2").Generation == good && Node("mixer-1") is { Phase: "converged" }, () => "press-2 and mixer-1 never saw it"));
    }

    /// <summary>The process of its workload, by what its shim noted.</summary>
    private static string? ProcessOf(DemoAgent agent)
    {
        var path = $"{agent.State}/runs/counter.status.json";
        if (!File.Exists(path))
        {
            return null;
        }

        using var json = System.Text.Json.JsonDocument.Parse(File.ReadAllText(path));
        return json.RootElement.TryGetProperty("process", out var process)
            ? string.Create(CultureInfo.InvariantCulture, $"process {process.GetProperty("pid").GetInt32()}")
            : null;
    }
}
