using System.CommandLine;
using GitOps.Agent.Host.Control;

namespace GitOps.Agent.Host.Commands;

/// <summary><c>gitops-agent why</c>: what makes the node, a unit or a field of it as it is.</summary>
internal static class WhyCommand
{
    public static Command Build(Func<ParseResult, AgentPlace> place)
    {
        var subject = new Argument<string?>("UNIT[.FIELD]")
        {
            Description = "as kind/name or kind/name.member.member: workload/web, file/motd.mode; absent: the node",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var command = new Command("why", "Why the node, a unit, or a field of a unit is as it is.") { subject, Printing.Output };
        command.SetAction((parsed, cancellationToken) => Printing.PrintAsync(
            parsed, place(parsed), ToRequest(parsed.GetValue(subject)), json => json.GetProperty("text").GetString()!, cancellationToken));
        return command;
    }

    /// <summary>A unit's name has no dots, so the first one begins the field.</summary>
    internal static ControlRequest ToRequest(string? subject)
    {
        var dot = subject?.IndexOf('.', StringComparison.Ordinal) ?? -1;
        return new ControlRequest(ControlRequest.Why)
        {
            Unit = dot < 0 ? subject : subject![..dot],
            Field = dot < 0 ? null : subject![(dot + 1)..],
        };
    }
}
