using System.Globalization;
using System.Text;
using GitOps.Bundles;
using GitOps.ControlPlane.Api;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace GitOps.Cli.Output;

/// <summary>What a device said over time: its course in one line, then a line for each.</summary>
internal static class ValuesView
{
    private const string Blocks = "▁▂▃▄▅▆▇█";
    private const int MostBlocks = 60;

    public static IRenderable Table(ValuePage page)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns("time", "value", "min", "max", "mean", "of", "node", "");
        foreach (var value in page.Values)
        {
            table.AddRow(
                new Text(value.At.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture)),
                new Text(value.Value ?? ""),
                new Text(value.Min ?? ""),
                new Text(value.Max ?? ""),
                new Text(value.Mean ?? ""),
                new Text(Of(value)),
                new Text(value.Node),
                new Markup(Note(value)));
        }

        return new Rows(new Text(Course(page)), table, new Text(page.Next is { } older
            ? string.Create(CultureInfo.InvariantCulture, $"there are older ones: --to {older.UtcDateTime:yyyy-MM-ddTHH:mm:ss.ffffff}Z") : ""));
    }

    /// <summary>For a spreadsheet: names in the first line, empty where there is nothing (RFC 4180).</summary>
    public static string Csv(ValuePage page)
    {
        var text = new StringBuilder("time,node,value,min,max,mean,count,intervalMs,quality,lost\r\n");
        foreach (var value in page.Values)
        {
            text.AppendJoin(',',
                value.At.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture), value.Node, Field(value.Value), value.Min, value.Max,
                value.Mean, Integer(value.Count), Integer(value.IntervalMs), value.Quality, Integer(value.Lost)).Append("\r\n");
        }

        return text.ToString();
    }

    private static string Course(ValuePage page)
    {
        var numbers = page.Values.Select(value => DecimalText.TryParse(value.Mean ?? value.Value, out var number) ? number : (decimal?)null).OfType<decimal>().TakeLast(MostBlocks).ToList();
        if (numbers.Count < 2)
        {
            return "";
        }

        var (least, most) = (numbers.Min(), numbers.Max());
        // Halves first: the difference of two large ones is out of range.
        var range = (most / 2) - (least / 2);
        var blocks = numbers.Select(number => Blocks[range == 0 ? 0 : (int)Math.Clamp(((number / 2) - (least / 2)) / range * (Blocks.Length - 1), 0, Blocks.Length - 1)]);
        return $"{DecimalText.Format(least)} {string.Concat(blocks)} {DecimalText.Format(most)}";
    }

    private static string Of(ValueDocument value) => value.Count is { } count
        ? string.Create(CultureInfo.InvariantCulture, $"{count} in {TimeSpan.FromMilliseconds(value.IntervalMs ?? 0).TotalSeconds:0.#} s") : "";

    private static string Note(ValueDocument value) =>
        value.Lost is { } lost ? string.Create(CultureInfo.InvariantCulture, $"[red]{lost} of the device were dropped up to here[/]")
        : value.Quality is { } quality ? $"[yellow]{quality.EscapeMarkup()}[/]" : "";

    private static string? Integer(long? number) => number?.ToString(CultureInfo.InvariantCulture);

    private static string? Field(string? text) =>
        text is not null && text.AsSpan().ContainsAny(",\"\r\n") ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
}
