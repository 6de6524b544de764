using System.CommandLine;
using GitOps.Agent.Host.Control;
using GitOps.Agent.Storage.Syncing;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Host.Commands;

/// <summary><c>gitops-agent storage</c>: what people do with syncs and backups of volumes.</summary>
internal static class StorageCommands
{
    public static Command Build(Func<ParseResult, AgentPlace> place) => new("storage", "What volumes hold.")
    {
        BuildSync(place), BuildSnapshots(place), BuildRestore(place), BuildVerify(place), BuildReplicaId(place),
    };

    private static Command BuildSync(Func<ParseResult, AgentPlace> place)
    {
        var name = NameArgument();
        var command = new Command("sync", "Runs a sync or a backup now, whatever its schedule says; a replica looks at all its files.") { name };
        command.SetAction((parsed, cancellationToken) => PersonCommands.AskAsync(
            place(parsed), new ControlRequest(ControlRequest.Sync) { Unit = UnitOf(parsed, name) }, cancellationToken));
        return command;
    }

    private static Command BuildSnapshots(Func<ParseResult, AgentPlace> place)
    {
        var name = NameArgument();
        var command = new Command("snapshots", "Lists what a backup keeps, the newest last.") { name };
        command.SetAction((parsed, cancellationToken) =>
            FollowAsync(place(parsed), new ControlRequest(ControlRequest.Snapshots) { Unit = UnitOf(parsed, name) }, Console.Out, cancellationToken));
        return command;
    }

    private static Command BuildRestore(Func<ParseResult, AgentPlace> place)
    {
        var name = NameArgument();
        var snapshot = new Option<string>("--snapshot")
        {
            Description = "latest, or an id that 'gitops-agent storage snapshots' prints",
            DefaultValueFactory = _ => "latest",
        };
        var to = new Option<string?>("--to") { Description = "into this directory, which is not there or empty; otherwise in place of what was backed up" };
        var path = new Option<string?>("--path") { Description = "one file or directory of it only, as --dry-run prints it" };
        var dry = new Option<bool>("--dry-run") { Description = "only lists what the snapshot holds" };
        path.Validators.Add(result =>
        {
            var text = result.GetValueOrDefault<string?>()?.Trim('/') ?? "";
            if (text.Split('/').Any(segment => segment is "" or "." or ".."))
            {
                result.AddError("--path is a path within the backup, without '.', '..' and empty segments");
            }
        });
        var command = new Command("restore", "Brings back a backup, whole, in one rename.") { name, snapshot, to, path, dry };
        command.SetAction((parsed, cancellationToken) =>
        {
            var isDry = parsed.GetValue(dry);
            return FollowAsync(place(parsed), new ControlRequest(ControlRequest.Restore)
            {
                Unit = UnitOf(parsed, name),
                Field = parsed.GetValue(snapshot),
                File = parsed.GetValue(to) is { } directory ? Path.GetFullPath(directory).TrimEnd('/') : null,
                Part = parsed.GetValue(path)?.Trim('/'),
                Follow = !isDry,
                By = By,
            }, isDry ? Console.Out : Console.Error, cancellationToken);
        });
        return command;
    }

    private static Command BuildVerify(Func<ParseResult, AgentPlace> place)
    {
        var name = NameArgument();
        var command = new Command("verify", "Reads back all that a backup keeps, and says whether it is right.") { name };
        command.SetAction((parsed, cancellationToken) => FollowAsync(
            place(parsed), new ControlRequest(ControlRequest.Verify) { Unit = UnitOf(parsed, name), By = By }, Console.Error, cancellationToken));
        return command;
    }

    private static Command BuildReplicaId(Func<ParseResult, AgentPlace> place)
    {
        var command = new Command("replica-id", "Prints who this node is among replicas, for a VolumeSync in Git.");
        command.SetAction((parsed, cancellationToken) => PersonCommands.AskAsync(place(parsed), new ControlRequest(ControlRequest.ReplicaId), cancellationToken));
        return command;
    }

    private static string By => Environment.GetEnvironmentVariable("SUDO_USER") ?? Environment.UserName;

    private static string UnitOf(ParseResult parsed, Argument<string> name) => $"{UnitKinds.Sync}/{parsed.GetValue(name)}";

    private static Argument<string> NameArgument()
    {
        var name = new Argument<string>("NAME") { Description = "of the VolumeSync" };
        name.Validators.Add(result =>
        {
            if (!Label.IsValid(result.GetValueOrDefault<string>()))
            {
                result.AddError($"'{result.GetValueOrDefault<string>()}' is no name of a VolumeSync");
            }
        });
        return name;
    }

    private static async Task<int> FollowAsync(AgentPlace place, ControlRequest request, TextWriter lines, CancellationToken cancellationToken)
    {
        if (place.LoadOrComplain() is not { } config)
        {
            return ExitCodes.Findings;
        }

        if (await ControlClient.FollowAsync(config.Paths.Socket, request, lines.WriteLine, cancellationToken) is not { } answer)
        {
            Asking.ComplainOfSilence(config.Paths.Socket);
            return ExitCodes.Unreachable;
        }

        (answer.Ok ? Console.Out : Console.Error).WriteLine(answer.Message);
        return answer.Ok ? ExitCodes.Done
            : answer.Code == SyncCodes.Damaged.Id ? ExitCodes.Findings
            : answer.Code == SyncCodes.Remote.Id ? ExitCodes.Unreachable
            : ExitCodes.Refused;
    }
}
