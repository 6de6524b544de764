using GitOps.Bundles.Publications;
using GitOps.Cli.Output;
using GitOps.ControlPlane.Api;
using GitOps.Platform.Files;
using GitOps.Platform.Http;
using GitOps.Platform.Processes;

namespace GitOps.Cli.Demo;

/// <summary>What <c>gitops demo --secure</c> tells: who is believed, and who is not.</summary>
internal sealed partial class DemoStory
{
    /// <summary>Short enough to see a renewal, long enough for a busy machine.</summary>
    private static readonly TimeSpan CertificateLife = TimeSpan.FromSeconds(45);

    private readonly Dictionary<string, string> _tokens = new(StringComparer.Ordinal);

    private async Task TellSecurityAsync(CancellationToken cancellationToken)
    {
        await EnrolmentAsync(cancellationToken);
        await UnsignedCommitAsync(cancellationToken);
        await ForgedBundleAsync(cancellationToken);
        await RenewalAsync(cancellationToken);
        await StolenMachineAsync(cancellationToken);
    }

    private async Task EnrolmentAsync(CancellationToken cancellationToken)
    {
        screen.Scene("Three boxes become nodes", "each gets a token that is good once; its key is made on it; commits count when they are signed by a listed key");
        var signer = await SignerAsync(cancellationToken);
        world.Settings = world.Settings with { CommitKeys = [$"{signer}.pub"] };
        await world.Repository.CreateAsync(world.Overlay(), cancellationToken);
        await world.Repository.EditAsync(
            "fleet.yaml", "  removal:\n", FormattableString.Invariant($"  identity: {{certificateLife: {CertificateLife.TotalSeconds}s}}\n  removal:\n"), cancellationToken);
        world.Repository.Signer = signer;
        var began = fleet.Elapsed;
        var revision = await world.Repository.PushAsync("A fleet of three, signed", cancellationToken);
        await world.StartControlPlaneAsync(cancellationToken);
        fleet.Start();
        await UntilAsync(f => f.Status?.Published == revision, "the signed push is published", cancellationToken);
        foreach (var agent in world.Agents)
        {
            _tokens[agent.Name] = await EnrolAsync(agent, cancellationToken);
            DemoNodes.Allow(agent);
            agent.Start();
        }

        await AllOnAsync(revision, "every node runs what the signed push says", cancellationToken);
        var again = await EnrolAsync(world.Agents[0], _tokens[world.Agents[0].Name], $"{world.Directory}/stranger", cancellationToken);
        var stranger = await AnswerAsync(world.Agents[0], identity: null, cancellationToken);
        var other = await AnswerAsync(world.Agents[0], Identity(world.Agents[1]), cancellationToken);
        await ProveAsync(began, "enrolment", cancellationToken,
            new Proof("keys", () => world.Agents.All(a => new FileInfo($"{a.Identity}/node.key").UnixFileMode == AtomicFile.Private), () => "node.key was made on each node and is closed to others"),
            new Proof("used token", () => again.ExitCode == 5, () => again.Error.Split('\n')[0]),
            new Proof("no certificate", () => stranger is not HttpAnswer.Content, () => $"a stranger who asks for {world.Agents[0].Name}'s pointer is refused"),
            new Proof("another's", () => other is not HttpAnswer.Content, () => $"{world.Agents[1].Name}, who asks for it, is refused too"));
    }

    private async Task UnsignedCommitAsync(CancellationToken cancellationToken)
    {
        screen.Scene("A commit that nobody signed", "somebody who may push changes a file, without a listed key");
        var before = fleet.Status?.Published;
        var signer = world.Repository.Signer;
        world.Repository.Signer = null;
        await world.Repository.EditAsync("nodes.yaml", "greeting: Mind your fingers", "greeting: All safe here", cancellationToken);
        var began = fleet.Elapsed;
        var revision = await world.Repository.PushAsync("Trust me", cancellationToken);
        await UntilAsync(f => f.Status is { Latest: { Outcome: "held" } latest } && latest.Id == revision, "the unsigned revision is held", cancellationToken);
        var hold = fleet.Status!.Latest!.Hold!;
        DemoScreen.Held(hold);
        await ProveAsync(began, "unsigned commit", cancellationToken,
            new Proof("nothing moved", () => hold.Code == "PUB005" && fleet.Nodes.All(n => n.Revision == before), () => $"all nodes stay on {StatusView.Short(before!)}"));
        await world.Repository.DropAsync(cancellationToken);
        world.Repository.Signer = signer;
    }

    private async Task ForgedBundleAsync(CancellationToken cancellationToken)
    {
        screen.Scene("A forged bundle", "press-2 has no network; two sticks are carried to it: on one of them somebody has changed a word");
        await Victim.KillAsync();
        await world.Repository.EditAsync("nodes.yaml", "greeting: Mind your fingers", "greeting: Mind your hands", cancellationToken);
        var began = fleet.Elapsed;
        var revision = await world.Repository.PushAsync("For a stick", cancellationToken);
        await UntilAsync(
            f => f.Nodes.Any(n => n is { Name: "press-1", Phase: "converged" } && n.Revision == revision) &&
                f.Nodes.Any(n => n.Name == Victim.Name && n.PointerGeneration > n.Generation),
            "press-1 has it, and press-2 is to have it", cancellationToken);
        var real = $"{world.Directory}/real.tar";
        await using (var stick = File.Create(real))
        {
            if (await world.Api.CarryAsync(Victim.Name, stick, cancellationToken) is not ApiAnswer<long>.Ok)
            {
                throw new SceneFailedException("there is nothing to carry for press-2");
            }
        }

        await world.CutControlPlaneAsync();
        var forged = Forge(real);
        Victim.Start();
        var refused = await ImportAsync(forged, cancellationToken);
        var motd = Read($"{Victim.Root}/motd").Trim();
        await ProveAsync(began, "forged bundle", cancellationToken,
            new Proof("refused", () => refused.ExitCode == 5 && motd.Contains("fingers", StringComparison.Ordinal), () => refused.Error.Split('\n')[0]));
        var taken = await ImportAsync(real, cancellationToken);
        await ProveAsync(began, "forged bundle", cancellationToken,
            new Proof("the real one", () => taken.Succeeded && Read($"{Victim.Root}/motd").Contains("hands", StringComparison.Ordinal), () => $"is taken in without a network: {Read($"{Victim.Root}/motd").Trim()}"));
        await world.StartControlPlaneAsync(cancellationToken);
        await UntilAsync(f => f.Nodes.Count == 3 && f.Nodes.All(n => n is { Phase: "converged", Online: true }), "all nodes are back", cancellationToken);
    }

    private async Task RenewalAsync(CancellationToken cancellationToken)
    {
        screen.Scene("Certificates that end", $"here they are good for {CertificateLife.TotalSeconds:0} seconds instead of 30 days; each node asks for the next one in time, with another key");
        var before = world.Agents.ToDictionary(agent => agent.Name, Serial);
        var began = fleet.Elapsed;
        if (!await screen.WaitAsync("every node has another certificate", () => LastingAsync(
            () => world.Agents.All(agent => Serial(agent) != before[agent.Name]), CertificateLife * 2, cancellationToken)))
        {
            throw new SceneFailedException("a node has not renewed its certificate");
        }

        await UntilAsync(f => f.Nodes.All(n => n is { Phase: "converged", Online: true }), "all nodes are heard", cancellationToken);
        await ProveAsync(began, "renewal", cancellationToken,
            new Proof("certificates", () => true, () => string.Join(", ", world.Agents.Select(a => $"{a.Name} {before[a.Name][..8]}… → {Serial(a)[..8]}…"))),
            new Proof("workloads", () => world.Agents.All(IsCounting), () => "all three count on"));
    }

    private async Task StolenMachineAsync(CancellationToken cancellationToken)
    {
        screen.Scene("A stolen machine", "mixer-1 is gone, with its key; its certificate is revoked, and so is what its token was good for");
        var agent = world.Agents.Single(a => a.Name == "mixer-1");
        using var identity = Identity(agent);
        var began = fleet.Elapsed;
        if (await world.Api.RemoveNodeAsync(agent.Name, Decommission.Keep, force: true, lost: true, cancellationToken) is not ApiAnswer<RemovalDocument>.Ok)
        {
            throw new SceneFailedException("mixer-1 could not be removed");
        }

        var answer = await AnswerAsync(agent, identity, cancellationToken);
        var back = await EnrolAsync(agent, _tokens[agent.Name], $"{world.Directory}/thief", cancellationToken);
        await ProveAsync(began, "stolen machine", cancellationToken,
            new Proof("its certificate", () => answer is not HttpAnswer.Content, () => "is refused from now on"),
            new Proof("its token", () => back.ExitCode == 5, () => back.Error.Split('\n')[0]),
            new Proof("the others", () => Node("press-1") is { Phase: "converged" } && Node("press-2") is { Phase: "converged" }, () => "go on"));
    }

    /// <summary>The same archive with one word of the bundle changed to another of the same length.</summary>
    private static string Forge(string real)
    {
        var bytes = File.ReadAllBytes(real);
        var at = bytes.AsSpan().IndexOf("hands"u8);
        "heads"u8.CopyTo(at >= 0 ? bytes.AsSpan(at) : throw new SceneFailedException("the archive does not hold what was pushed"));
        var forged = $"{real}.forged";
        File.WriteAllBytes(forged, bytes);
        return forged;
    }

    /// <summary>At the machine, once its agent answers.</summary>
    private async Task<CommandResult> ImportAsync(string file, CancellationToken cancellationToken)
    {
        CommandResult? result = null;
        await LastingAsync(
            async () => (result = await Victim.AskAsync(world.Commands, ["import", file], cancellationToken)).ExitCode != ExitCode.Unreachable, Patience, cancellationToken);
        return result!;
    }

    private static Task<bool> LastingAsync(Func<bool> holds, TimeSpan limit, CancellationToken cancellationToken) =>
        LastingAsync(() => Task.FromResult(holds()), limit, cancellationToken);

    private static async Task<bool> LastingAsync(Func<Task<bool>> holds, TimeSpan limit, CancellationToken cancellationToken)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!await holds())
        {
            if (TimeProvider.System.GetElapsedTime(start) > limit)
            {
                return false;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(200), cancellationToken); // a file changes, and nobody signals it
        }

        return true;
    }
}
