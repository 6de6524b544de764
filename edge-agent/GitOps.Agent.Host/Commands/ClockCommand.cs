using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using GitOps.Agent.Host.Control;

namespace GitOps.Agent.Host.Commands;

/// <summary><c>gitops-agent clock</c>: how far off the clock was.</summary>
internal static class ClockCommand
{
    private const string Bars = "▁▂▃▄▅▆▇█";
    private const char Unknown = '·';

    private static readonly Option<int> Hours = new("--hours") { Description = "so many hours back, at most 168", DefaultValueFactory = _ => 24 };

    public static Command Build(Func<ParseResult, AgentPlace> place)
    {
        var command = new Command("clock", "How far off the clock of this node was, hour by hour.") { Printing.Output, Hours };
        Hours.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > 168)
            {
                result.AddError("--hours is 1 to 168");
            }
        });
        command.SetAction((parsed, cancellationToken) => Printing.PrintAsync(
            parsed, place(parsed), new ControlRequest(ControlRequest.Clock), json => Render(json, parsed.GetValue(Hours)), cancellationToken));
        return command;
    }

    /// <summary>One line for each hour that has samples; a bar for each, the highest the worst of all that are shown.</summary>
    internal static string Render(JsonElement clock, int hours)
    {
        var now = clock.GetProperty("now").GetDateTimeOffset();
        var shown = clock.GetProperty("samples").EnumerateArray()
            .Select(sample => (At: sample.GetProperty("at").GetDateTimeOffset(), Offset: Number(sample, "offsetMs"), Bound: Number(sample, "errorBoundMs")))
            .Where(sample => sample.At > now.AddHours(-hours) && sample.At <= now).ToList();
        if (shown.Max(sample => sample.Bound) is not { } worst)
        {
            return shown.Count == 0 ? $"nothing was measured in the last {hours} h; a TimeSync in Git has the clock measured\n" : $"nothing was known in the last {hours} h\n";
        }

        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"worst bound on the error in the last {hours} h: {worst:0.###} ms\n");
        foreach (var hour in shown.GroupBy(sample => sample.At.ToUniversalTime().ToString("yyyy-MM-dd HH", CultureInfo.InvariantCulture)))
        {
            var bars = string.Concat(hour.Select(sample => sample.Bound is { } bound ? Bars[worst == 0 ? 0 : (int)(bound / worst * (Bars.Length - 1))] : Unknown));
            text.Append(CultureInfo.InvariantCulture, $"  {hour.Key}:00Z  {bars.PadRight(12)}  ");
            text.Append(hour.Max(sample => sample.Bound) is { } bound
                ? string.Create(CultureInfo.InvariantCulture, $"bound {bound:0.###} ms, offset {hour.Min(sample => sample.Offset):0.###} to {hour.Max(sample => sample.Offset):0.###} ms\n")
                : "not known\n");
        }

        return text.ToString();
    }

    private static decimal? Number(JsonElement element, string name) => element.TryGetProperty(name, out var number) ? number.GetDecimal() : null;
}
