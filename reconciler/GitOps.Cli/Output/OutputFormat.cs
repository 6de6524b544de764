using System.CommandLine;
using System.Text.Json;
using GitOps.Platform.Text;

namespace GitOps.Cli.Output;

internal enum OutputFormat
{
    Table,
    Json,
    Yaml,

    /// <summary>For a comment on a pull request; only where a command offers it.</summary>
    Markdown,

    /// <summary>For a spreadsheet; only where a command offers it.</summary>
    Csv,
}

/// <summary>The <c>--output</c> option, and documents for programs in the format it names.</summary>
internal static class Outputs
{
    public static Option<OutputFormat> Option(OutputFormat otherwise = OutputFormat.Table, OutputFormat? more = null)
    {
        OutputFormat[] formats = [OutputFormat.Table, OutputFormat.Json, OutputFormat.Yaml, .. more is { } its ? [its] : Array.Empty<OutputFormat>()];
        var names = formats.Select(Name).ToArray();
        var option = new Option<OutputFormat>("--output", "-o")
        {
            Description = $"table for people, json or yaml for programs{MoreOf(more)} [{Name(otherwise)}]",
            HelpName = string.Join('|', names),
            CustomParser = result =>
            {
                if (result.Tokens.Count == 0)
                {
                    return otherwise;
                }

                foreach (var format in formats)
                {
                    if (result.Tokens[0].Value == Name(format))
                    {
                        return format;
                    }
                }

                result.AddError($"'{result.Tokens[0].Value}' is not {string.Join(", ", names[..^1])} or {names[^1]}");
                return otherwise;
            },
        };
        option.CompletionSources.Add(names);
        return option;
    }

    private static string MoreOf(OutputFormat? more) => more switch
    {
        OutputFormat.Markdown => ", markdown for a pull request",
        OutputFormat.Csv => ", csv for a spreadsheet",
        _ => "",
    };

    private static string Name(OutputFormat format) => format switch
    {
        OutputFormat.Table => "table",
        OutputFormat.Json => "json",
        OutputFormat.Markdown => "markdown",
        OutputFormat.Csv => "csv",
        _ => "yaml",
    };

    /// <summary>Writes a document without colour or wrapping.</summary>
    public static void Write(this OutputFormat format, JsonElement document)
    {
        if (format == OutputFormat.Yaml)
        {
            Console.Out.Write(YamlText.Of(document));
            return;
        }

        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            document.WriteTo(writer);
        }

        Console.Out.WriteLine(System.Text.Encoding.UTF8.GetString(stream.ToArray()));
    }
}
