using System.Globalization;
using System.Text;
using System.Text.Json;
using GitOps.Bundles.Reports;

namespace GitOps.Agent.Host.Commands;

/// <summary>The status of a node for people. Pure.</summary>
internal static class StatusText
{
    public static string Render(JsonElement status)
    {
        if (!status.TryGetProperty("report", out var raw) ||
            ReportJson.TryReadReport(Encoding.UTF8.GetBytes(raw.GetRawText())) is not { } report)
        {
            return "the agent has just started; ask again in a moment\n";
        }

        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{report.Node}: {report.Phase.ToString().ToLowerInvariant()}");
        text.Append(report.Generation is { } generation
            ? string.Create(CultureInfo.InvariantCulture, $", generation {generation} ({report.Revision?[..Math.Min(12, report.Revision.Length)]})")
            : ", nothing committed yet");
        text.Append(report.SeenGeneration > (report.Generation ?? 0)
            ? string.Create(CultureInfo.InvariantCulture, $", newest seen {report.SeenGeneration}\n") : "\n");
        foreach (var condition in report.Conditions)
        {
            text.Append(CultureInfo.InvariantCulture, $"  {condition.Type}={condition.Status} {condition.Reason}: {condition.Message}\n");
        }

        if (report.Agent.Pending is { } pending)
        {
            text.Append(CultureInfo.InvariantCulture, $"agent {report.Agent.Version} runs, {pending.Version} is asked for: {pending.Why}\n");
        }

        AppendUnits(text, report);
        HeldText.Append(text, report);
        foreach (var hold in report.Holds)
        {
            text.Append(CultureInfo.InvariantCulture, $"{hold.Unit} waits for {hold.What}\n    until {hold.Until}\n");
        }

        foreach (var quarantine in report.Quarantined)
        {
            text.Append(CultureInfo.InvariantCulture, $"given up: {quarantine.Bundle.Hex[..12]}, {quarantine.Unit} {quarantine.Reason}\n");
            text.Append("    until there is another bundle, or 'gitops-agent retry'\n");
        }

        if (status.TryGetProperty("values", out var values))
        {
            var because = values.GetProperty("because").GetString() is { } why ? $": {why}" : "";
            text.Append(CultureInfo.InvariantCulture, $"{(values.GetProperty("waitingBytes").GetInt64() + 1023) / 1024} KiB of values wait to go up{because}\n");
        }

        foreach (var name in new[] { "pull", "stage" })
        {
            if (status.TryGetProperty(name, out var problem))
            {
                text.Append(CultureInfo.InvariantCulture,
                    $"{problem.GetProperty("code").GetString()}: {problem.GetProperty("what").GetString()}\n  fix: {problem.GetProperty("fix").GetString()}\n");
            }
        }

        return text.ToString();
    }

    private static void AppendUnits(StringBuilder text, NodeReport report)
    {
        if (report.Units.IsEmpty)
        {
            return;
        }

        var width = Math.Max(4, report.Units.Max(u => u.Id.ToString().Length));
        text.Append(CultureInfo.InvariantCulture, $"{"UNIT".PadRight(width)}  STATE     RESTARTS\n");
        foreach (var unit in report.Units)
        {
            var state = unit.State.ToString().ToLowerInvariant().PadRight(8);
            var line = string.Create(CultureInfo.InvariantCulture, $"{unit.Id.ToString().PadRight(width)}  {state}  {unit.Restarts,8}  {unit.Message}");
            text.Append(line.TrimEnd()).Append('\n');
        }
    }
}
