using System.CommandLine;
using GitOps.Bundles;
using GitOps.Cli.Output;
using GitOps.Cli.Secrets;
using GitOps.ControlPlane.Api;
using GitOps.ControlPlane.Identity;
using GitOps.ControlPlane.Sealing;
using GitOps.Platform.Age;
using GitOps.Platform.Files;
using Spectre.Console;

namespace GitOps.Cli.Commands;

/// <summary><c>gitops secret recipients</c>: whom secrets are encrypted to, and the key of a control plane.</summary>
internal static class RecipientsCommand
{
    public static Command Create()
    {
        var path = new Option<string>("--path", "-C") { Description = "folder of the fleet repository", DefaultValueFactory = _ => ".", Recursive = true };
        var data = new Option<string?>("--data-directory") { Description = "print the recipient of the control plane that has this data directory, made where it has none yet" };
        var nodes = new Option<bool>("--nodes") { Description = "print the keys of the nodes that the control plane knows, for --nodes-file of 'gitops secret seal'" };
        var reach = new ControlPlaneOptions();
        var command = new Command("recipients", $"List whom secrets are encrypted to ({RecipientList.Shared})") { data, nodes, path };
        reach.AddTo(command);
        command.Subcommands.Add(Add(path));
        command.Subcommands.Add(Remove(path));
        command.SetAction(async (parsed, cancellationToken) => parsed.GetValue(nodes)
            ? await reach.WithClientAsync(parsed, client => PrintNodesAsync(client, cancellationToken))
            : SecretCommand.Guarded(() => parsed.GetValue(data) is { } directory
            ? Print(Path.GetFullPath(directory))
            : List(new RecipientList(parsed.GetRequiredValue(path)))));
        return command;
    }

    private static Command Add(Option<string> path)
    {
        var recipient = Recipient();
        var comment = new Option<string?>("--comment") { Description = "whose it is" };
        var command = new Command("add", "Encrypt to one more from here on; 'gitops secret rotate' does so with what is there") { recipient, comment };
        command.SetAction(parsed => SecretCommand.Guarded(() =>
        {
            var (list, added) = (new RecipientList(parsed.GetRequiredValue(path)), AgeRecipient.TryParse(parsed.GetRequiredValue(recipient))!);
            if (list.Read().Recipients.Contains(added))
            {
                Terminal.Out.MarkupLineInterpolated($"{added} is listed already");
                return ExitCode.Done;
            }

            list.Add(new NamedRecipient(added, parsed.GetValue(comment)?.ReplaceLineEndings(" ")));
            Terminal.Out.MarkupLineInterpolated($"[green]{RecipientList.Shared}[/] lists {added}");
            return ExitCode.Done;
        }));
        return command;
    }

    private static Command Remove(Option<string> path)
    {
        var recipient = Recipient();
        var command = new Command("remove", "Encrypt to one less from here on; what it could read before it still can: change those secrets") { recipient };
        command.SetAction(parsed => SecretCommand.Guarded(() =>
        {
            var removed = AgeRecipient.TryParse(parsed.GetRequiredValue(recipient))!;
            if (!new RecipientList(parsed.GetRequiredValue(path)).Remove(removed))
            {
                return Problems.Print(new Problem(CliCodes.Recipients, $"{removed} is not listed", "'gitops secret recipients' shows who is"), ExitCode.Refused);
            }

            Terminal.Out.MarkupLineInterpolated($"[green]{RecipientList.Shared}[/] no longer lists {removed}; now 'gitops secret rotate', and change what it could read");
            return ExitCode.Done;
        }));
        return command;
    }

    private static Argument<string> Recipient()
    {
        var recipient = new Argument<string>("recipient") { Description = "age1…" };
        recipient.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string>() is { } text && AgeRecipient.TryParse(text) is null)
            {
                result.AddError($"'{text}' is no recipient of age: write one like age1…, lower case");
            }
        });
        return recipient;
    }

    private static int List(RecipientList list)
    {
        if (list.Read().Wrong is { } wrong)
        {
            return Problems.Print(new Problem(CliCodes.Recipients, wrong, "correct the line, or remove it"), ExitCode.Findings);
        }

        foreach (var line in list.Lines)
        {
            Console.Out.WriteLine(line);
        }

        return ExitCode.Done;
    }

    private static async Task<int> PrintNodesAsync(ApiClient client, CancellationToken cancellationToken)
    {
        var answer = await client.GetRecipientsAsync(cancellationToken);
        if (answer is not ApiAnswer<RecipientPage>.Ok(var page))
        {
            return Problems.Print(answer);
        }

        foreach (var known in RecipientOptions.Of(page))
        {
            Console.Out.WriteLine(known);
        }

        return ExitCode.Done;
    }

    private static int Print(string directory)
    {
        var data = new DataDirectory(directory);
        data.Ensure(DiskFileLayer.Host);
        var (key, problem) = SealKey.LoadOrCreate(DiskFileLayer.Host, data.SealKey);
        if (key is null)
        {
            return Problems.Print(problem!, ExitCode.Refused);
        }

        Console.Out.WriteLine(key.Recipient);
        return ExitCode.Done;
    }
}
