using System.CommandLine;
using GitOps.Agent.Host.Configuration;
using GitOps.Agent.Host.Control;
using GitOps.Agent.Host.Logs;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Host.Commands;

/// <summary><c>gitops-agent logs</c>: what a unit printed; of a process also while no agent runs.</summary>
internal static class LogsCommand
{
    public static Command Build(Func<ParseResult, AgentPlace> place)
    {
        var unit = PersonCommands.UnitArgument();
        var lines = new Option<int>("--lines", "-n") { Description = "the last so many lines", DefaultValueFactory = _ => 100 };
        var follow = new Option<bool>("--follow", "-f") { Description = "and then whatever comes, until Ctrl-C" };
        var part = new Option<string?>("--container", "-c") { Description = "of a group: this container only" };
        lines.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 0 or > LogQuery.MostLines)
            {
                result.AddError($"--lines is 0 to {LogQuery.MostLines}");
            }
        });
        var command = new Command("logs", "What a unit printed.") { unit, lines, follow, part };
        command.SetAction((parsed, cancellationToken) => PrintAsync(place(parsed), parsed.GetRequiredValue(unit),
            new LogQuery(parsed.GetValue(lines), parsed.GetValue(follow)) { Part = parsed.GetValue(part) }, cancellationToken));
        return command;
    }

    private static async Task<int> PrintAsync(AgentPlace place, string unit, LogQuery query, CancellationToken cancellationToken)
    {
        if (place.LoadOrComplain() is not { } config)
        {
            return ExitCodes.Findings;
        }

        await using var output = Console.OpenStandardOutput();
        var request = new ControlRequest(ControlRequest.Logs) { Unit = unit, Lines = query.Lines, Follow = query.Follow, Part = query.Part };
        try
        {
            return await ControlClient.CopyAsync(config.Paths.Socket, request, output, cancellationToken) switch
            {
                { Ok: true } => ExitCodes.Done,
                { } refused => Refuse(refused.Message),
                null => await PrintFromDiskAsync(config, UnitId.Parse(unit), query, output, cancellationToken),
            };
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return ExitCodes.Done; // Ctrl-C is how following ends
        }
    }

    private static async Task<int> PrintFromDiskAsync(AgentConfig config, UnitId unit, LogQuery query, Stream output, CancellationToken cancellationToken)
    {
        if (unit.Kind != UnitKinds.Workload || !Directory.Exists($"{config.Paths.Logs}/{unit.Name}"))
        {
            Asking.ComplainOfSilence(config.Paths.Socket);
            return ExitCodes.Unreachable;
        }

        await foreach (var piece in new ProcessLogs(config.Paths, TimeProvider.System).ReadAsync(unit.Name, query, cancellationToken))
        {
            await output.WriteAsync(piece, cancellationToken);
        }

        return ExitCodes.Done;
    }

    private static int Refuse(string message)
    {
        Console.Error.WriteLine(message);
        return ExitCodes.Refused;
    }
}
