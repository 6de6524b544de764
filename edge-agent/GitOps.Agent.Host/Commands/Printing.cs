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

/// <summary>Asks the agent of a place, and prints what it says.</summary>
internal static class Printing
{
    public static readonly Option<OutputFormat> Output = new("--output", "-o") { Description = "table, json or yaml" };

    /// <param name="look">Sees the answer before it is printed.</param>
    public static async Task<int> PrintAsync(
        ParseResult parsed, AgentPlace place, ControlRequest request, Func<JsonElement, string> toText, CancellationToken cancellationToken,
        Action<JsonElement>? look = null)
    {
        var (answer, code) = await Asking.AskAsync(place, request, cancellationToken);
        if (answer is null)
        {
            return code;
        }

        using var json = JsonDocument.Parse(answer);
        if (json.RootElement.TryGetProperty("ok", out var ok) && !ok.GetBoolean())
        {
            Console.Error.WriteLine(json.RootElement.GetProperty("message").GetString());
            return ExitCodes.Refused;
        }

        look?.Invoke(json.RootElement);
        Print(parsed, answer, json.RootElement, toText);
        return ExitCodes.Done;
    }

    public static void Print(ParseResult parsed, byte[] bytes, JsonElement json, Func<JsonElement, string> toText) =>
        Console.Out.Write(parsed.GetValue(Output) switch
        {
            OutputFormat.Json => Encoding.UTF8.GetString(bytes) + "\n",
            OutputFormat.Yaml => YamlText.Of(json),
            _ => toText(json),
        });
}

/// <summary>Asks the agent of a place, or says why nobody answers.</summary>
internal static class Asking
{
    /// <returns>The answer; or none, and what to exit with.</returns>
    public static async Task<(byte[]? Answer, int Code)> AskAsync(AgentPlace place, ControlRequest request, CancellationToken cancellationToken)
    {
        if (place.LoadOrComplain() is not { } config)
        {
            return (null, ExitCodes.Findings);
        }

        var answer = await ControlClient.AskAsync(config.Paths.Socket, request, cancellationToken);
        if (answer is null)
        {
            ComplainOfSilence(config.Paths.Socket);
        }

        return (answer, answer is null ? ExitCodes.Unreachable : ExitCodes.Done);
    }

    public static void ComplainOfSilence(string socket) =>
        Console.Error.WriteLine($"no agent answers at {socket}\n  fix: start it ('gitops-agent run'), or ask as its user or root");
}
