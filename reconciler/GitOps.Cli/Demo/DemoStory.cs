using GitOps.Cli.Output;
using GitOps.ControlPlane.Api;
using Spectre.Console;

namespace GitOps.Cli.Demo;

/// <summary>
/// What the demo tells, scene by scene. Each scene does what a person would do, waits until the fleet says so, and looks at
/// the thing itself (a file, a register, a process) before it believes it.
/// </summary>
internal sealed partial class DemoStory(DemoWorld world, FleetFollower fleet, DemoScreen screen)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);

    public static async Task<int> RunAsync(string agentProgram, bool keep, DemoSubject subject, CancellationToken cancellationToken)
    {
        var world = DemoWorld.Create(agentProgram);
        await using var owned = world;
        var fleet = new FleetFollower(() => world.Api, TimeProvider.System);
        await using var following = fleet;
        var screen = new DemoScreen(fleet);
        var story = new DemoStory(world, fleet, screen);
        try
        {
            await (subject switch
            {
                DemoSubject.Faults => story.TellFaultsAsync(cancellationToken),
                DemoSubject.Security => story.TellSecurityAsync(cancellationToken),
                _ => story.TellAsync(cancellationToken),
            });
        }
        catch (SceneFailedException failure)
        {
            screen.Failed(failure.Message, world);
            return ExitCode.Bug;
        }

        screen.Results();
        if (keep)
        {
            DemoScreen.Addresses(world);
            await Task.Delay(Timeout.Infinite, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return ExitCode.Done;
    }

    private async Task TellAsync(CancellationToken cancellationToken)
    {
        await FirstPushAsync(cancellationToken);
        await ChangeAsync(cancellationToken);
        await BrokenCommitAsync(cancellationToken);
        await BadWorkloadAsync(cancellationToken);
        await CutOffAsync(cancellationToken);
    }

    private async Task FirstPushAsync(CancellationToken cancellationToken)
    {
        screen.Scene("Three nodes, a repository, a push", "a control plane, a PLC and two time servers run on this machine; each node gets its identity and an agent");
        await world.Repository.CreateAsync(world.Overlay(), cancellationToken);
        var began = fleet.Elapsed;
        var revision = await world.Repository.PushAsync("A fleet of three", cancellationToken);
        await world.StartControlPlaneAsync(cancellationToken);
        fleet.Start();
        foreach (var agent in world.Agents)
        {
            DemoNodes.Enrol(world, agent);
            agent.Start();
        }

        await AllOnAsync(revision, "every node runs what the first push says", cancellationToken);
        DemoScreen.Order(fleet.Since(began));
        await ProveAsync(began, "first push", cancellationToken,
            new Proof("files", () => world.Agents.All(a => Read($"{a.Root}/motd").Contains(a.Name, StringComparison.Ordinal)), () => Read($"{world.Agents[1].Root}/motd").Trim()),
            new Proof("workloads", () => world.Agents.All(a => Count(a) > 0), () => string.Join(", ", world.Agents.Select(a => $"{a.Name} counts {Count(a)}"))),
            new Proof("device", () => DemoNodes.Setpoint(world.Plc) == 70.5f, () => $"the PLC's setpoint register holds {DemoNodes.Setpoint(world.Plc)}"),
            new Proof("volumes", () => world.Agents.All(a => Directory.Exists($"{a.Root}/data")), () => $"{world.Agents[0].Root}/data and two more"),
            new Proof("clock", () => world.Clocks[0].Answers > 0, () => $"time server 1 answered {world.Clocks[0].Answers} times"));
    }

    private async Task ChangeAsync(CancellationToken cancellationToken)
    {
        screen.Scene("One push changes five things", "a workload, a setpoint, a file, a volume and the time servers");
        var repository = world.Repository;
        await repository.EditAsync("apps/counter.sh", "echo \"count $count\"", "echo \"now at $count\"", cancellationToken);
        await repository.EditAsync("plc.yaml", "value: 70.5", "value: 64", cancellationToken);
        await repository.EditAsync("fleet.yaml", "greeting: Welcome", "greeting: Good morning", cancellationToken);
        await repository.EditAsync("fleet.yaml", "interval: 1 ", "interval: 2 ", cancellationToken);
        await repository.EditAsync("nodes.yaml", "greeting: Mind your fingers", "greeting: Mind your hands", cancellationToken);
        await repository.EditAsync("storage.yaml", "size: 10Mi", "size: 20Mi", cancellationToken);
        await repository.EditAsync("this-machine.yaml", $"port: {world.Clocks[0].Port}", $"port: {world.Clocks[1].Port}", cancellationToken);
        DemoScreen.Diff(DemoNodes.Diff(repository.WorkTree, await DemoNodes.HeadAsync(repository, world.Commands, cancellationToken)));
        var counted = world.Agents.ToDictionary(a => a.Name, Count);
        var began = fleet.Elapsed;
        var revision = await repository.PushAsync("Cooler boiler, more room, another clock", cancellationToken);
        await AllOnAsync(revision, "every node runs what the second push says", cancellationToken);
        DemoScreen.Order(fleet.Since(began));
        var volume = await DemoNodes.VolumeAsync(world.Api, "press-1", "data", cancellationToken);
        await ProveAsync(began, "five changes", cancellationToken,
            new Proof("volume", () => volume?.LimitBytes == 20 << 20, () => $"press-1 reports {volume?.UsedBytes} bytes used, the limit is {volume?.LimitBytes >> 20} MiB"),
            new Proof("file", () => Read($"{world.Agents[0].Root}/motd").Contains("Good morning", StringComparison.Ordinal), () => Read($"{world.Agents[0].Root}/motd").Trim()),
            new Proof("workload", () => world.Agents.All(a => Count(a) > counted[a.Name]), () => string.Join(", ", world.Agents.Select(a => $"{a.Name} went on from {counted[a.Name]} to {Count(a)}"))),
            new Proof("device", () => DemoNodes.Setpoint(world.Plc) == 64f, () => $"the PLC's setpoint register holds {DemoNodes.Setpoint(world.Plc)}"),
            new Proof("clock", () => world.Clocks[1].Answers > 0, () => $"time server 2 answered {world.Clocks[1].Answers} times"));
    }

    private async Task BrokenCommitAsync(CancellationToken cancellationToken)
    {
        screen.Scene("A broken commit", "somebody misspells a field; the revision is rejected whole");
        var before = fleet.Status?.Published;
        await world.Repository.EditAsync("apps/motd.yaml", "mode: \"0644\"", "moed: \"0644\"", cancellationToken);
        var began = fleet.Elapsed;
        var revision = await world.Repository.PushAsync("Oops", cancellationToken);
        await UntilAsync(f => f.Status is { Latest: { Outcome: "rejected" } latest } && latest.Id == revision, "the broken revision is rejected", cancellationToken);
        DemoScreen.Findings(fleet.Status!.Latest!.Findings);
        await ProveAsync(began, "broken commit", cancellationToken,
            new Proof("nothing moved", () => fleet.Status?.Published == before && fleet.Nodes.All(n => n.Revision == before), () => $"all nodes stay on {StatusView.Short(before!)}"));
        await world.Repository.RevertAsync(cancellationToken);
    }

    private async Task BadWorkloadAsync(CancellationToken cancellationToken)
    {
        screen.Scene("A workload that cannot run", "the canary tries it, gives it up and goes back by itself; the others never see it");
        await UntilAsync(f => f.Status is { Latest.Outcome: "published", Rollout.Phase: "open" }, "the revert is published", cancellationToken);
        var good = fleet.Nodes.Single(n => n.Name == "press-2").Generation;
        await world.Repository.EditAsync("apps/counter.sh", "while :; do", "exit 1\nwhile :; do", cancellationToken);
        var began = fleet.Elapsed;
        await world.Repository.PushAsync("Works on my machine", cancellationToken);
        await UntilAsync(f => f.Status?.Rollout is { Phase: "stopped" }, "the canary fails and the rollout stops", cancellationToken);
        DemoScreen.Order(fleet.Since(began));
        DemoScreen.Stopped(fleet.Status!.Rollout!);
        await ProveAsync(began, "bad workload", cancellationToken,
            new Proof("canary", () => Node("press-1") is { Phase: "failed" }, () => "press-1 gave it up and is back on the last good bundle"),
            new Proof("fleet", () => Node("press-2").Generation == good && Node("mixer-1") is { Phase: "converged" }, () => "press-2 and mixer-1 never saw it"),
            new Proof("still counting", () => world.Agents.All(IsCounting), () => "all three workloads count"));
        var revision = await world.Repository.RevertAsync(cancellationToken);
        await AllOnAsync(revision, "the next push heals the canary", cancellationToken);
    }

    private async Task CutOffAsync(CancellationToken cancellationToken)
    {
        screen.Scene("No control plane, and a power cut", "the control plane is gone; press-2 loses everything that runs and starts from its own disk");
        await world.CutControlPlaneAsync();
        var agent = world.Agents.Single(a => a.Name == "press-2");
        await agent.KillAsync();
        Leftovers.KillBelow($"{agent.State}/");
        var counted = Count(agent);
        var began = fleet.Elapsed;
        agent.Start();
        await ProveAsync(began, "alone", cancellationToken,
            new Proof("press-2", () => Count(agent) > counted && IsCounting(agent), () => $"its workload went on from {counted} to {Count(agent)}, without a network"));
        await world.StartControlPlaneAsync(cancellationToken);
        await UntilAsync(f => f.Nodes.Count == 3 && f.Nodes.All(n => n is { Phase: "converged", Online: true }), "all nodes are back", cancellationToken);
        await ProveAsync(began, "back", cancellationToken, new Proof("fleet", () => true, () => "three of three converged again"));
    }

    private NodeSummary Node(string name) => fleet.Nodes.Single(n => n.Name == name);

    private Task AllOnAsync(string revision, string what, CancellationToken cancellationToken) => UntilAsync(
        f => f.Status?.Published == revision && f.Status.Rollout is not { Phase: "canary" } && f.Nodes.Count == DemoWorld.NodeNames.Length &&
            f.Nodes.All(n => n.Phase == "converged" && n.Generation == n.PointerGeneration), what, cancellationToken);

    private async Task UntilAsync(Func<FleetFollower, bool> condition, string what, CancellationToken cancellationToken)
    {
        if (!await screen.WaitAsync(what, () => fleet.WaitAsync(condition, Patience, cancellationToken)))
        {
            throw new SceneFailedException($"after {Patience.TotalSeconds} s it is still not so that {what}");
        }
    }

    private async Task ProveAsync(TimeSpan began, string scene, CancellationToken cancellationToken, params Proof[] proofs)
    {
        foreach (var proof in proofs)
        {
            // What is proven here changes on disk or in the PLC; nobody signals it.
            for (var waited = 0; !proof.Holds(); waited++)
            {
                if (waited == 200)
                {
                    throw new SceneFailedException($"{scene}: {proof.Name} is not as it should be: {proof.Evidence()}");
                }

                await Task.Delay(TimeSpan.FromMilliseconds(50), cancellationToken);
            }

            screen.Proven(scene, proof.Name, proof.Evidence(), fleet.Elapsed - began);
        }
    }

    private static bool IsCounting(DemoAgent agent) =>
        File.Exists($"{agent.Root}/data/count") && DateTime.UtcNow - File.GetLastWriteTimeUtc($"{agent.Root}/data/count") < TimeSpan.FromSeconds(3);

    private static int Count(DemoAgent agent) =>
        int.TryParse(Read($"{agent.Root}/data/count"), System.Globalization.CultureInfo.InvariantCulture, out var count) ? count : 0;

    private static string Read(string path) => File.Exists(path) ? File.ReadAllText(path) : "";

    private sealed record Proof(string Name, Func<bool> Holds, Func<string> Evidence);
}

/// <summary>What a demo is about.</summary>
internal enum DemoSubject
{
    Push,
    Faults,
    Security,
}

/// <summary>The demo did not go as it should.</summary>
internal sealed class SceneFailedException(string message) : Exception(message);
