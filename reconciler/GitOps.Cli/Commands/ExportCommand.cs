using System.CommandLine;
using GitOps.Bundles;
using GitOps.Cli.Output;
using GitOps.ControlPlane.Api;
using Spectre.Console;

namespace GitOps.Cli.Commands;

/// <summary><c>gitops export --node NODE</c>: one archive with everything a node without a network needs.</summary>
internal static class ExportCommand
{
    public static Command Create()
    {
        var node = new Option<string>("--node", "-n") { Description = "the node", Required = true };
        var file = new Option<string?>("--file", "-f") { Description = "where to write it [./NODE.gitops]" };
        var reach = new ControlPlaneOptions();
        var command = new Command("export", "Write a node's newest generation to a file, to be carried to it") { node, file };
        reach.AddTo(command);
        command.SetAction((parsed, cancellationToken) => reach.WithClientAsync(parsed, client =>
        {
            var name = parsed.GetRequiredValue(node);
            return WriteAsync(client, name, Path.GetFullPath(parsed.GetValue(file) ?? $"{name}.gitops"), cancellationToken);
        }));
        return command;
    }

    private static async Task<int> WriteAsync(ApiClient client, string node, string path, CancellationToken cancellationToken)
    {
        var half = path + ".part"; // a stick that is pulled too early holds no half that looks whole
        try
        {
            ApiAnswer<long> answer;
            await using (var to = new FileStream(half, FileMode.Create, FileAccess.Write))
            {
                answer = await client.CarryAsync(node, to, cancellationToken);
                to.Flush(flushToDisk: true);
            }

            if (answer is not ApiAnswer<long>.Ok(var bytes))
            {
                File.Delete(half);
                return Problems.Print(answer);
            }

            File.Move(half, path, overwrite: true);
            Terminal.Out.MarkupLineInterpolated($"[green]{path}[/] ({bytes} bytes)");
            Terminal.Out.MarkupLineInterpolated($"  carry it to {node}, over any way, and there: gitops-agent import {Path.GetFileName(path)}");
            return ExitCode.Done;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Problems.Print(new Problem(CliCodes.Unreadable, e.Message, "name a file in a folder you may write, with room for it"), ExitCode.Findings);
        }
    }
}
