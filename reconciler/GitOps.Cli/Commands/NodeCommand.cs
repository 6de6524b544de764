using System.CommandLine;
using System.Diagnostics;
using GitOps.Bundles.Publications;
using GitOps.Cli.Output;
using GitOps.ControlPlane.Api;
using GitOps.ControlPlane.Hosting;
using GitOps.ControlPlane.Identity;
using GitOps.Platform.Files;
using Spectre.Console;

namespace GitOps.Cli.Commands;

/// <summary>
/// <c>gitops node add NAME</c>: a node's key, certificate and configuration, in a folder to carry to it.
/// <c>gitops node retry NAME</c>: the node tries again what it gave up.
/// <c>gitops node remove NAME</c>: the node leaves the fleet.
/// </summary>
internal static class NodeCommand
{
    public static Command Create() => new("node", "Give nodes their identity, and take it back") { Add(), Retry(), Remove() };

    private static Command Retry()
    {
        var name = new Argument<string>("name") { Description = "the node" };
        var reach = new ControlPlaneOptions();
        var command = new Command("retry", "Have a node try again the bundle that it gave up, as 'gitops-agent retry' does on the node") { name };
        reach.AddTo(command);
        command.SetAction((parsed, cancellationToken) => reach.WithClientAsync(parsed, async client =>
        {
            var node = parsed.GetRequiredValue(name);
            var answer = await client.RetryNodeAsync(node, cancellationToken);
            if (answer is not ApiAnswer<RetryDocument>.Ok(var retried))
            {
                return Problems.Print(answer);
            }

            Terminal.Out.MarkupLineInterpolated($"[green]{node}[/] tries again with generation {retried.Generation}; 'gitops status {node}' tells how it goes");
            return ExitCode.Done;
        }));
        return command;
    }

    private static Command Remove()
    {
        var name = new Argument<string>("name") { Description = "the node" };
        var keep = new Option<bool>("--keep") { Description = "what it runs goes on as it is, and nothing new comes" };
        var wipe = new Option<bool>("--wipe") { Description = "what it runs is stopped and removed, as if Git held nothing for it" };
        var force = new Option<bool>("--force") { Description = "although Git still has it: it stays out until 'gitops node add'" };
        var lost = new Option<bool>("--lost") { Description = "the machine is lost or stolen: refuse it at once, so it hears of nothing" };
        var reach = new ControlPlaneOptions();
        var command = new Command("remove", "Take a node out of the fleet: a signed tombstone, then its certificate is revoked")
        {
            name, keep, wipe, force, lost,
        };
        reach.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetValue(keep) == result.GetValue(wipe))
            {
                result.AddError("say what becomes of what the node runs: --keep or --wipe");
            }
        });
        command.SetAction((parsed, cancellationToken) => reach.WithClientAsync(parsed, async client =>
        {
            var (node, how) = (parsed.GetRequiredValue(name), parsed.GetValue(keep) ? Decommission.Keep : Decommission.Wipe);
            var isLost = parsed.GetValue(lost);
            var answer = await client.RemoveNodeAsync(node, how, parsed.GetValue(force), isLost, cancellationToken);
            if (answer is not ApiAnswer<RemovalDocument>.Ok(var removed))
            {
                return Problems.Print(answer);
            }

            Terminal.Out.MarkupLineInterpolated($"[green]{node}[/] is out of the fleet since generation {removed.Generation} ({removed.Data})");
            Terminal.Out.MarkupLineInterpolated(isLost
                ? (FormattableString)$"  its certificate is refused from now on"
                : (FormattableString)$"  its certificate is good for hearing that, and revoked when the node has said that it has left");
            return ExitCode.Done;
        }));
        return command;
    }

    private static Command Add()
    {
        var options = new SettingOptions();
        var name = new Argument<string>("name") { Description = "the node, as its EdgeNode is called" };
        var folder = new Option<string?>("--folder", "-f") { Description = "where to write the identity folder [./NAME]" };
        var force = new Option<bool>("--force") { Description = "replace a folder that is there and an identity the node has: that one is revoked" };
        var command = new Command("add", "Write the identity folder of a node, to be carried to it") { name, folder, force };
        options.AddTo(command);
        command.SetAction(parsed =>
        {
            if (options.Read(parsed, needsRepository: false) is not { } settings)
            {
                return ExitCode.Usage;
            }

            var node = parsed.GetRequiredValue(name);
            var path = Path.GetFullPath(parsed.GetValue(folder) ?? node);
            switch (NodeEnrolling.Add(settings, DiskFileLayer.Host, TimeProvider.System, node, path, parsed.GetValue(force)))
            {
                case NodeEnrolled.Refused(var problem):
                    return Problems.Print(problem, ExitCode.Refused);
                case NodeEnrolled.Added(var written, _):
                    Terminal.Out.MarkupLineInterpolated($"[green]{node}[/] has its identity in {written}");
                    Terminal.Out.MarkupLineInterpolated($"  carry the folder to the node as /etc/gitops-agent, over a way you trust: it holds the node's key");
                    Terminal.Out.MarkupLineInterpolated($"  look at policy.json in it: what Git may touch on that machine is decided there");
                    return ExitCode.Done;
                case var other:
                    throw new UnreachableException($"{other}");
            }
        });
        return command;
    }
}
