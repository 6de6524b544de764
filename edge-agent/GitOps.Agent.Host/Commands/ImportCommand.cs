using System.CommandLine;
using GitOps.Agent.Host.Control;

namespace GitOps.Agent.Host.Commands;

/// <summary><c>gitops-agent import FILE</c>: a generation from a USB stick, verified as from the store.</summary>
internal static class ImportCommand
{
    public static Command Build(Func<ParseResult, AgentPlace> place)
    {
        var file = new Argument<FileInfo>("FILE") { Description = "as 'gitops export --node' wrote it" };
        var command = new Command("import", "Takes in a generation from a file, and applies it without a network.") { file };
        command.SetAction((parsed, cancellationToken) => TakeAsync(place(parsed), parsed.GetRequiredValue(file).FullName, cancellationToken));
        return command;
    }

    private static async Task<int> TakeAsync(AgentPlace place, string path, CancellationToken cancellationToken)
    {
        if (place.LoadOrComplain() is not { } config)
        {
            return ExitCodes.Findings;
        }

        var request = new ControlRequest(ControlRequest.Import) { File = path };
        if (await ControlClient.CopyAsync(config.Paths.Socket, request, Stream.Null, cancellationToken) is not { } answer)
        {
            Asking.ComplainOfSilence(config.Paths.Socket);
            return ExitCodes.Unreachable;
        }

        (answer.Ok ? Console.Out : Console.Error).WriteLine(answer.Message);
        return answer.Ok ? ExitCodes.Done : ExitCodes.Refused;
    }
}
