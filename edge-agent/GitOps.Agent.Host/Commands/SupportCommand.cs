using System.CommandLine;
using System.Globalization;
using GitOps.Agent.Host.Support;
using GitOps.Platform.Files;
using GitOps.Platform.Processes;
using Command = System.CommandLine.Command;

namespace GitOps.Agent.Host.Commands;

/// <summary><c>gitops-agent support-bundle</c>: one file for whoever helps from elsewhere, without secrets.</summary>
internal static class SupportCommand
{
    public static Command Build(Func<ParseResult, AgentPlace> place)
    {
        var file = new Argument<string?>("FILE") { Description = "where to; default: gitops-agent-NODE-TIME.tar.gz here", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("support-bundle", "Writes a tar.gz of states, settings and ends of logs, without keys, tokens and secrets.") { file };
        command.SetAction((parsed, cancellationToken) => WriteAsync(place(parsed), parsed.GetValue(file), cancellationToken));
        return command;
    }

    private static async Task<int> WriteAsync(AgentPlace place, string? file, CancellationToken cancellationToken)
    {
        if (place.LoadOrComplain() is not { } config)
        {
            return ExitCodes.Findings;
        }

        var time = TimeProvider.System;
        var path = Path.GetFullPath(
            file ?? string.Create(CultureInfo.InvariantCulture, $"gitops-agent-{config.Node}-{time.GetUtcNow():yyyyMMdd'T'HHmmss'Z'}.tar.gz"));
        try
        {
            await new SupportBundle(DiskFileLayer.Host, config, new CommandRunner(time), time).WriteAsync(path, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"{path} cannot be written: {e.Message}\n  fix: name a file that is not there yet, in a folder you may write");
            return ExitCodes.Findings;
        }

        Console.Out.WriteLine(path);
        return ExitCodes.Done;
    }
}
