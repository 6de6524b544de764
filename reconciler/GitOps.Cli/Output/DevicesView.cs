using System.Globalization;
using GitOps.ControlPlane.Api;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace GitOps.Cli.Output;

/// <summary>Field devices, a line for each property.</summary>
internal static class DevicesView
{
    public static IRenderable Table(IEnumerable<DeviceDocument> devices)
    {
        var table = new Table().Border(TableBorder.Simple)
            .AddColumns("node", "device", "property", "desired", "reported", "state", "quality", "age", "message");
        foreach (var device in devices)
        {
            var alarms = device.Alarms.Count == 0 ? "" : $"alarm: {string.Join(", ", device.Alarms)}";
            if (!device.Online || alarms.Length > 0 || device.Properties.Count == 0)
            {
                table.AddRow(new Text(device.Node), new Text(device.Name), new Text(""), new Text(""), new Text(""), new Text(""),
                    new Markup(device.Online ? "" : "[red]away[/]"), new Text(""), new Text(string.Join("; ", new[] { device.Message ?? "", alarms }.Where(text => text.Length > 0))));
            }

            foreach (var property in device.Properties)
            {
                table.AddRow(
                    new Text(device.Node),
                    new Text(device.Name),
                    new Text(property.Name),
                    new Text(property.Desired ?? ""),
                    new Text(property.Reported ?? ""),
                    new Markup(property.State is { } state ? $"[{Color(state)}]{state}[/]" : ""),
                    new Markup(property.Quality == "good" ? "good" : $"[yellow]{property.Quality}[/]"),
                    new Text(property.AgeMs is { } age ? Age(TimeSpan.FromMilliseconds(age)) : ""),
                    new Text(property.Message ?? ""));
            }
        }

        return table;
    }

    /// <summary>As exact as a person needs it.</summary>
    public static string Age(TimeSpan age) => age switch
    {
        { TotalSeconds: < 10 } => string.Create(CultureInfo.InvariantCulture, $"{age.TotalSeconds:0.0} s"),
        { TotalMinutes: < 2 } => string.Create(CultureInfo.InvariantCulture, $"{age.TotalSeconds:0} s"),
        { TotalHours: < 2 } => string.Create(CultureInfo.InvariantCulture, $"{age.TotalMinutes:0} min"),
        { TotalDays: < 2 } => string.Create(CultureInfo.InvariantCulture, $"{age.TotalHours:0} h"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{age.TotalDays:0} days"),
    };

    private static string Color(string state) => state switch
    {
        "applied" => "green",
        "rejected" or "conflict" => "red",
        "pending" or "expired" => "yellow",
        _ => "grey",
    };
}
