using System.CommandLine;
using System.Text;
using System.Text.Json;
using GitOps.Agent.Host.Control;
using GitOps.Platform.Text;

namespace GitOps.Agent.Host.Commands;

/// <summary>How answers are printed.</summary>
internal enum OutputFormat
{
    Table,
    Json,
    Yaml,
}

/// <summary><c>gitops-agent status</c> and <c>plan</c>: how the node is, what comes next, and what it waits for.</summary>
internal static class StatusCommand
{
    private static readonly Option<OutputFormat> Output = new("--output", "-o") { Description = "table, json or yaml" };

    public static Command BuildStatus(Func<ParseResult, AgentPlace> place)
    {
        var command = new Command("status", "How the node is, and why it waits.") { Output };
        command.SetAction((parsed, cancellationToken) =>
            PrintAsync(parsed, place(parsed), ControlRequest.Status, json => StatusText.Render(json), cancellationToken));
        return command;
    }

    public static Command BuildPlan(Func<ParseResult, AgentPlace> place)
    {
        var command = new Command("plan", "What the agent does next, each step with its reason; exit code 3 when there is anything.") { Output };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var differs = false;
            var code = await PrintAsync(parsed, place(parsed), ControlRequest.Plan, json => json.GetProperty("text").GetString()!, cancellationToken,
                json => differs = json.GetProperty("branches").GetArrayLength() > 0);
            return code == ExitCodes.Done && differs ? ExitCodes.Differences : code;
        });
        return command;
    }

    private static async Task<int> PrintAsync(
        ParseResult parsed, AgentPlace place, string ask, Func<JsonElement, string> toText, CancellationToken cancellationToken,
        Action<JsonElement>? look = null)
    {
        var (answer, code) = await Asking.AskAsync(place, new ControlRequest(ask), cancellationToken);
        if (answer is null)
        {
            return code;
        }

        using var json = JsonDocument.Parse(answer);
        look?.Invoke(json.RootElement);
        Console.Out.Write(parsed.GetValue(Output) switch
        {
            OutputFormat.Json => Encoding.UTF8.GetString(answer) + "\n",
            OutputFormat.Yaml => YamlText.Of(json.RootElement),
            _ => toText(json.RootElement),
        });
        return ExitCodes.Done;
    }
}
