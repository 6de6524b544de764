using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text.Json;
using GitOps.Agent.Host.Control;

namespace GitOps.Agent.Host.Commands;

/// <summary>What people at the machine can ask for: <c>fetch</c>, <c>hold</c>, <c>release</c>, <c>retry</c>, <c>rollback</c>.</summary>
internal static class PersonCommands
{
    public static Command BuildHold(Func<ParseResult, AgentPlace> place)
    {
        var unit = MaybeUnitArgument();
        var time = new Option<TimeSpan>("--for")
        {
            Description = "how long: 90s, 30m, 4h, 2d; at most 30 days",
            Required = true,
            CustomParser = ParseTime,
        };
        var reason = new Option<string>("--reason") { Description = "why; it is reported", Required = true };
        var command = new Command("hold", "Leaves a unit, or the whole node, alone for a while.") { unit, time, reason };
        command.SetAction((parsed, cancellationToken) => AskAsync(place(parsed), new ControlRequest(ControlRequest.Hold)
        {
            Unit = parsed.GetValue(unit),
            ForMs = (long)parsed.GetValue(time).TotalMilliseconds,
            Reason = parsed.GetValue(reason),
            By = Environment.GetEnvironmentVariable("SUDO_USER") ?? Environment.UserName,
        }, cancellationToken));
        return command;
    }

    public static Command BuildRelease(Func<ParseResult, AgentPlace> place)
    {
        var unit = MaybeUnitArgument();
        var command = new Command("release", "Ends a hold before its time.") { unit };
        command.SetAction((parsed, cancellationToken) =>
            AskAsync(place(parsed), new ControlRequest(ControlRequest.Release) { Unit = parsed.GetValue(unit) }, cancellationToken));
        return command;
    }

    public static Command BuildRetry(Func<ParseResult, AgentPlace> place)
    {
        var command = new Command("retry", "Tries again what was given up.");
        command.SetAction((parsed, cancellationToken) => AskAsync(place(parsed), new ControlRequest(ControlRequest.Retry), cancellationToken));
        return command;
    }

    public static Command BuildFetch(Func<ParseResult, AgentPlace> place)
    {
        var command = new Command("fetch", "Fetches what window or budget of the link hold back, for an hour.");
        command.SetAction((parsed, cancellationToken) => AskAsync(place(parsed), new ControlRequest(ControlRequest.Fetch), cancellationToken));
        return command;
    }

    public static Command BuildRollback(Func<ParseResult, AgentPlace> place)
    {
        var to = new Option<long?>("--to") { Description = "the generation; 'gitops-agent rollback' without it says which are kept" };
        var end = new Option<bool>("--end") { Description = "follow the newest good generation again" };
        var time = new Option<TimeSpan>("--for")
        {
            Description = "how long: 90s, 30m, 4h, 2d; at most 30 days",
            DefaultValueFactory = _ => TimeSpan.FromDays(1),
            CustomParser = ParseTime,
        };
        var reason = new Option<string?>("--reason") { Description = "why; it is reported" };
        var command = new Command("rollback", "Leads this node back to a generation that is kept here, for a while.") { to, end, time, reason };
        command.SetAction((parsed, cancellationToken) => AskAsync(place(parsed), new ControlRequest(ControlRequest.RollBack)
        {
            Generation = parsed.GetValue(end) ? null : parsed.GetValue(to) ?? -1,
            ForMs = (long)parsed.GetValue(time).TotalMilliseconds,
            Reason = parsed.GetValue(reason),
            By = Environment.GetEnvironmentVariable("SUDO_USER") ?? Environment.UserName,
        }, cancellationToken));
        return command;
    }

    private static Argument<string?> MaybeUnitArgument()
    {
        var unit = new Argument<string?>("UNIT") { Description = "as kind/name: workload/web; without one, the whole node", Arity = ArgumentArity.ZeroOrOne };
        unit.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && !GitOps.Bundles.UnitId.TryParse(result.Tokens[0].Value, out _))
            {
                result.AddError($"'{result.Tokens[0].Value}' is not kind/name, such as workload/web");
            }
        });
        return unit;
    }

    internal static Argument<string> UnitArgument()
    {
        var unit = new Argument<string>("UNIT") { Description = "as kind/name: workload/web" };
        unit.Validators.Add(result =>
        {
            if (!GitOps.Bundles.UnitId.TryParse(result.GetValueOrDefault<string>(), out _))
            {
                result.AddError($"'{result.GetValueOrDefault<string>()}' is not kind/name, such as workload/web");
            }
        });
        return unit;
    }

    internal static async Task<int> AskAsync(AgentPlace place, ControlRequest request, CancellationToken cancellationToken)
    {
        var (bytes, code) = await Asking.AskAsync(place, request, cancellationToken);
        if (bytes is null)
        {
            return code;
        }

        var answer = JsonSerializer.Deserialize(bytes, ControlContext.Default.ControlAnswer) ?? new ControlAnswer(false, "the answer cannot be read");
        (answer.Ok ? Console.Out : Console.Error).WriteLine(answer.Message);
        return answer.Ok ? ExitCodes.Done : ExitCodes.Refused;
    }

    internal static TimeSpan ParseTime(ArgumentResult result)
    {
        var text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
        var unit = text.Length > 1 ? text[^1] : ' ';
        TimeSpan? one = unit switch
        {
            's' => TimeSpan.FromSeconds(1),
            'm' => TimeSpan.FromMinutes(1),
            'h' => TimeSpan.FromHours(1),
            'd' => TimeSpan.FromDays(1),
            _ => null,
        };
        if (one is { } step && int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count) &&
            count > 0 && step * count <= TimeSpan.FromDays(30))
        {
            return step * count;
        }

        result.AddError($"'{text}' is no time such as 90s, 30m, 4h or 2d, of at most 30 days");
        return TimeSpan.Zero;
    }
}
