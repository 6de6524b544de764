using System.CommandLine;
using System.Text.Json;
using GitOps.Platform.Text;

namespace GitOps.Cli.Output;

internal enum OutputFormat
{
    Table,
    Json,
    Yaml,
}

/// <summary>The <c>--output</c> option, and documents for programs in the format it names.</summary>
internal static class Outputs
{
    public static Option<OutputFormat> Option() => new("--output", "-o")
    {
        Description = "table for people, json or yaml for programs",
        DefaultValueFactory = _ => OutputFormat.Table,
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
