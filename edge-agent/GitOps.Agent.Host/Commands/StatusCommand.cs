using System.CommandLine;
using GitOps.Agent.Host.Control;

namespace GitOps.Agent.Host.Commands;

/// <summary><c>gitops-agent status</c> and <c>plan</c>: how the node is, what comes next, and what it waits for.</summary>
internal static class StatusCommand
{
    public static Command BuildStatus(Func<ParseResult, AgentPlace> place)
    {
        var command = new Command("status", "How the node is, and why it waits.") { Printing.Output };
        command.SetAction((parsed, cancellationToken) =>
            Printing.PrintAsync(parsed, place(parsed), new ControlRequest(ControlRequest.Status), json => StatusText.Render(json), cancellationToken));
        return command;
    }

    public static Command BuildPlan(Func<ParseResult, AgentPlace> place)
    {
        var command = new Command("plan", "What the agent does next, each step with its reason; exit code 3 when there is anything.") { Printing.Output };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var differs = false;
            var code = await Printing.PrintAsync(parsed, place(parsed), new ControlRequest(ControlRequest.Plan), json => json.GetProperty("text").GetString()!, cancellationToken,
                json => differs = json.GetProperty("branches").GetArrayLength() > 0);
            return code == ExitCodes.Done && differs ? ExitCodes.Differences : code;
        });
        return command;
    }
}
