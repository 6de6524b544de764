using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Shapes;

namespace GitOps.Manifests.Schemas;

/// <summary>A JSON Schema as a file: its name, and its text.</summary>
public sealed record SchemaFile(string Name, string Text);

/// <summary>
/// JSON Schemas (draft-07, what YAML language servers understand best) of everything people write, made from the shapes
/// of the kinds. They accept whatever the parser accepts; rules over several fields and references stay the compiler's.
/// </summary>
public static class JsonSchemas
{
    /// <summary>The name of the schema of any document of a fleet repository.</summary>
    public const string WholeName = "fleet-repository.json";

    private const string Dialect = "http://json-schema.org/draft-07/schema#";

    private static readonly JsonWriterOptions Written =
        new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>One file for each kind, and one for all of them.</summary>
    public static IReadOnlyList<SchemaFile> All { get; } = [.. KindShapes.All.Select(OfKind), OfRepository()];

    /// <summary>The schema of one kind.</summary>
    public static SchemaFile OfKind(KindShape kind) => new($"{kind.Kind}.json", Text(writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("$schema", Dialect);
        writer.WriteString("title", kind.Kind.ToString());
        var foreign = new ForeignDefinitions([kind]);
        WriteKind(writer, kind, foreign);
        if (foreign.All.Count > 0)
        {
            writer.WriteStartObject("definitions");
            new ForeignSchemaWriter(writer, foreign).WriteDefinitions();
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }));

    private static SchemaFile OfRepository() => new(WholeName, Text(writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("$schema", Dialect);
        writer.WriteString("title", "A document of a fleet repository");
        writer.WriteString("type", "object");
        writer.WriteStartObject("properties");
        WriteOneWord(writer, "apiVersion", "the version of the language", ManifestFile.ApiVersion);
        writer.WriteStartObject("kind");
        writer.WriteString("description", "what it is");
        SchemaWriter.WriteStrings(writer, "enum", KindShapes.All.Select(kind => kind.Kind.ToString()));
        writer.WriteEndObject();
        writer.WriteEndObject();
        SchemaWriter.WriteStrings(writer, "required", ["apiVersion", "kind", "metadata"]);

        // Not oneOf: with the kind known, an editor shows what is wrong with that kind and not with every other one.
        writer.WriteStartArray("allOf");
        foreach (var kind in KindShapes.All)
        {
            WriteChoice(writer, kind.Kind.ToString());
        }

        writer.WriteEndArray();
        writer.WriteStartObject("definitions");
        var foreign = new ForeignDefinitions(KindShapes.All);
        foreach (var kind in KindShapes.All)
        {
            writer.WriteStartObject(kind.Kind.ToString());
            WriteKind(writer, kind, foreign);
            writer.WriteEndObject();
        }

        new ForeignSchemaWriter(writer, foreign).WriteDefinitions();

        writer.WriteEndObject();
        writer.WriteEndObject();
    }));

    private static void WriteChoice(Utf8JsonWriter writer, string kind)
    {
        SchemaWriter.WriteIfKind(writer, kind);
        writer.WriteStartObject("then");
        writer.WriteString("$ref", $"#/definitions/{kind}");
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteKind(Utf8JsonWriter writer, KindShape kind, ForeignDefinitions foreign)
    {
        writer.WriteString("description", kind.Doc);
        writer.WriteString("type", "object");
        writer.WriteStartObject("properties");
        WriteOneWord(writer, "apiVersion", "the version of the language", ManifestFile.ApiVersion);
        WriteOneWord(writer, "kind", kind.Doc, kind.Kind.ToString());
        var schemas = new SchemaWriter(writer, foreign);
        schemas.WriteProperty("metadata", SharedShapes.Metadata, "name and labels", withTemplates: false);
        schemas.WriteSpec(kind);
        writer.WriteEndObject();
        var needsSpec = kind.Spec.Fields.Any(field => field.Presence == FieldPresence.Required);
        SchemaWriter.WriteStrings(writer, "required", needsSpec ? ["apiVersion", "kind", "metadata", "spec"] : ["apiVersion", "kind", "metadata"]);
        writer.WriteBoolean("additionalProperties", false);
    }

    private static void WriteOneWord(Utf8JsonWriter writer, string field, string doc, string word)
    {
        writer.WriteStartObject(field);
        writer.WriteString("description", doc);
        SchemaWriter.WriteStrings(writer, "enum", [word]);
        writer.WriteEndObject();
    }

    private static string Text(Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, Written))
        {
            write(writer);
        }

        return Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }
}
