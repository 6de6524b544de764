using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using GitOps.Agent.Host.Control;

namespace GitOps.Agent.Host.Commands;

/// <summary><c>gitops-agent history</c>: the generations kept on this node, those given up, and what happened when.</summary>
internal static class HistoryCommand
{
    public static Command Build(Func<ParseResult, AgentPlace> place)
    {
        var command = new Command("history", "Which generations this node keeps, gave up and went through, newest first.") { Printing.Output };
        command.SetAction((parsed, cancellationToken) =>
            Printing.PrintAsync(parsed, place(parsed), new ControlRequest(ControlRequest.History), Render, cancellationToken));
        return command;
    }

    internal static string Render(JsonElement history)
    {
        var text = new StringBuilder("KEPT\n");
        foreach (var kept in history.GetProperty("kept").EnumerateArray())
        {
            var since = Text(kept, "committedAt") is { } at ? $", committed {at}" : "";
            text.Append(CultureInfo.InvariantCulture,
                $"  {kept.GetProperty("generation").GetInt64()}  {Text(kept, "role")}{since}  revision {Short(Text(kept, "revision"))}  bundle {Digest(Text(kept, "bundle"))}\n");
        }

        foreach (var given in history.GetProperty("quarantined").EnumerateArray())
        {
            text.Append(CultureInfo.InvariantCulture, $"GIVEN UP  bundle {Digest(Text(given, "bundle"))}  {Text(given, "unit")}\n    {Text(given, "because")}\n");
        }

        text.Append("HAPPENED\n");
        foreach (var entry in history.GetProperty("entries").EnumerateArray())
        {
            var at = entry.GetProperty("at").GetDateTimeOffset().UtcDateTime;
            var doubt = entry.GetProperty("clockTrusted").GetBoolean() ? "" : " (by a clock that was not trusted)";
            var back = entry.TryGetProperty("returnedTo", out var to) ? $", back on {to.GetInt64()}" : "";
            text.Append(CultureInfo.InvariantCulture,
                $"  {at:u}{doubt}  generation {entry.GetProperty("generation").GetInt64()} {Verb(Text(entry, "kind"))}{back}: {Text(entry, "because")}\n");
        }

        return text.ToString();
    }

    private static string Verb(string? kind) => kind switch
    {
        "givenUp" => "given up",
        "left" => "left the fleet",
        "retried" => "tried again",
        _ => kind ?? "",
    };

    private static string Short(string? revision) => revision?[..Math.Min(12, revision.Length)] ?? "";

    private static string Digest(string? digest) => digest is { Length: > 19 } ? digest[7..19] : digest ?? "";

    private static string? Text(JsonElement element, string name) => element.TryGetProperty(name, out var text) ? text.GetString() : null;
}
