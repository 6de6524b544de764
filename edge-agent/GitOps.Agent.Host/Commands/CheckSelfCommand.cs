using System.CommandLine;
using GitOps.Agent.Host.Control;
using GitOps.Agent.Host.Self;
using GitOps.Agent.Host.State;
using GitOps.Bundles;
using GitOps.Platform.Files;

namespace GitOps.Agent.Host.Commands;

/// <summary>
/// <c>gitops-agent check-self</c>: asked by another agent before this one takes over (docs/contracts.md §14). Says its version
/// when it could: it runs on this machine, and can read this node's settings and what the agent there must not forget.
/// Changes nothing.
/// </summary>
internal static class CheckSelfCommand
{
    public static Command Build(Func<ParseResult, AgentPlace> place)
    {
        var command = new Command("check-self", "Says whether this agent could run here.") { Hidden = true };
        command.SetAction(parsed => Check(place(parsed)));
        return command;
    }

    private static int Check(AgentPlace place)
    {
        if (place.LoadOrComplain() is not { } config)
        {
            return ExitCodes.Findings;
        }

        if (new StateStore(DiskFileLayer.Host, config.Paths.State).Read() is (null, var problem))
        {
            Console.Error.WriteLine(problem);
            return ExitCodes.Refused;
        }

        using var output = Console.OpenStandardOutput();
        output.Write(JsonDocuments.Write(json =>
        {
            json.WriteNumber("format", 1);
            json.WriteString("version", OwnProgram.OwnVersion);
            json.WriteNumber("bundleFormat", Bundle.CurrentFormat);
        }));
        return ExitCodes.Done;
    }
}
