using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace GitOps.Benchmarks.Measuring;

/// <summary>A whole run.</summary>
internal sealed record Report(Machine Machine, string LoadAfter, double Seconds, bool IsQuick, IReadOnlyList<Figure> Figures)
{
    public int Format { get; init; } = 1;

    /// <summary>As docs/benchmarks.md holds it.</summary>
    public string ToMarkdown()
    {
        var text = new StringBuilder();
        Line($"{Machine.Processor}, {Machine.Cores} cores, {Machine.MemoryGiB} GiB, {Machine.Kernel}, {Machine.Runtime},");
        Line($"garbage collector: {Machine.Collector}. Load averages {Machine.LoadBefore} before and {LoadAfter} after; {Seconds:0} s in all.");
        if (IsQuick)
        {
            Line($"A quick run: sizes and counts are small, the figures say nothing.");
        }

        Line($"");
        Line($"| | what | unit | measured | floor | ratio | the floor is | runs |");
        Line($"|---|---|---|---:|---:|---:|---|---:|");
        foreach (var figure in Figures)
        {
            var (floor, ratio) = (figure.Floor is { } value ? Figure.Say(value) : "", figure.Ratio is { } by ? Figure.Say(by) : "");
            Line($"| {figure.Benchmark} | {figure.Case} | {figure.Unit} | {Figure.Say(figure.Measured)} | {floor} | {ratio} | {figure.Against} | {figure.Runs} |");
        }

        return text.ToString();

        void Line(FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
    }

    public string ToJson() => JsonSerializer.Serialize(this, ReportJson.Default.Report) + "\n";
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Report))]
[JsonSerializable(typeof(History.HistorySample))]
internal sealed partial class ReportJson : JsonSerializerContext;
