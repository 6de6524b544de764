using System.CommandLine;
using System.Diagnostics;
using GitOps.Cli.Output;
using GitOps.ControlPlane.Hosting;
using GitOps.ControlPlane.Identity;
using GitOps.Platform.Files;
using Spectre.Console;

namespace GitOps.Cli.Commands;

/// <summary><c>gitops node add NAME</c>: a node's key, certificate and configuration, in a folder to carry to it.</summary>
internal static class NodeCommand
{
    public static Command Create() => new("node", "Give nodes their identity") { Add() };

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
            if (options.Read(parsed) is not { } settings)
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
