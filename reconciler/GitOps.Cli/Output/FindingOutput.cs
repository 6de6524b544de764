using System.Text.Json;
using GitOps.Manifests;
using Spectre.Console;

namespace GitOps.Cli.Output;

/// <summary>Findings for people (one block each, with the fix) and for programs.</summary>
internal static class FindingOutput
{
    public static void Print(IReadOnlyCollection<Finding> findings)
    {
        foreach (var finding in findings)
        {
            var color = finding.Severity switch { Severity.Error => "red", Severity.Warning => "yellow", _ => "grey" };
            var word = finding.Severity.Word;
            Terminal.Error.MarkupLineInterpolated($"{finding.Span}: [{color}]{word} {finding.Code.Id}[/]: {finding.What}");
            Terminal.Error.MarkupLineInterpolated($"  [grey]fix:[/] {finding.Fix}");
        }
    }

    /// <summary><c>2 errors, 1 warning</c>.</summary>
    public static string Count(IReadOnlyCollection<Finding> findings)
    {
        var errors = findings.Count(f => f.Severity == Severity.Error);
        var warnings = findings.Count(f => f.Severity == Severity.Warning);
        var notes = findings.Count - errors - warnings;
        return $"{Plural(errors, "error")}, {Plural(warnings, "warning")}{(notes == 0 ? "" : $", {Plural(notes, "note")}")}";
    }

    public static JsonElement ToJson(IReadOnlyCollection<Finding> findings) => JsonDocuments.Write(writer =>
    {
        writer.WriteStartObject();
        writer.WriteStartArray("findings");
        foreach (var finding in findings)
        {
            writer.WriteStartObject();
            writer.WriteString("code", finding.Code.Id);
            writer.WriteString("severity", finding.Severity.Word);
            writer.WriteString("file", finding.Span.File);
            writer.WriteNumber("line", finding.Span.Line);
            writer.WriteNumber("column", finding.Span.Column);
            writer.WriteString("what", finding.What);
            writer.WriteString("fix", finding.Fix);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    });

    public static string Plural(long count, string noun) => count == 1 ? $"1 {noun}" : $"{count} {noun}s";
}
