using System.Text.Json;
using GitOps.Manifests.Shapes;

namespace GitOps.Manifests.Schemas;

/// <summary>
/// Writes what an editor may know of a Kubernetes object or a Compose file inside of a manifest: names of fields, what they are for
/// and words to choose from. Values stay open, since templates, variables and quotes make anything of them, so no type is ever
/// named: keywords about members hold for mappings only, and those about items for lists only.
/// </summary>
internal sealed class ForeignSchemaWriter(Utf8JsonWriter writer, ForeignDefinitions definitions)
{
    /// <summary>What <see cref="Write"/> refers to, below the root of the schema; nothing where it refers to nothing.</summary>
    public void WriteDefinitions()
    {
        foreach (var shape in definitions.All)
        {
            writer.WriteStartObject(definitions.NameOf(shape));
            WriteObject((ShapeForm.Object)shape.Form);
            writer.WriteEndObject();
        }
    }

    /// <summary>Nothing for anything; of several, the one that is called as the document's kind.</summary>
    public void Write(IReadOnlyList<Shape> choices)
    {
        if (choices is [var only])
        {
            WriteShape(only);
        }
        else if (choices.Count > 0)
        {
            writer.WriteStartArray("allOf");
            foreach (var choice in choices)
            {
                SchemaWriter.WriteIfKind(writer, choice.Name);
                writer.WriteStartObject("then");
                WriteShape(choice);
                writer.WriteEndObject();
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }
    }

    private void WriteShape(Shape shape)
    {
        switch (shape.Form)
        {
            case ShapeForm.Scalar { Says.Choices: { Count: > 0 } words }:
                writer.WriteStartArray("anyOf");
                writer.WriteStartObject();
                SchemaWriter.WriteStrings(writer, "enum", words);
                writer.WriteEndObject();
                writer.WriteStartObject();
                writer.WriteEndObject();
                writer.WriteEndArray();
                break;
            case ShapeForm.List list:
                WriteBelow("items", list.Item);
                break;
            case ShapeForm.Map map:
                WriteExtensions();
                WriteBelow("additionalProperties", map.Item);
                break;
            case ShapeForm.Either either:
                WriteShape(either.Full);
                break;
            case ShapeForm.Object:
                // In allOf, because draft-07 ignores what stands beside a reference.
                writer.WriteStartArray("allOf");
                writer.WriteStartObject();
                writer.WriteString("$ref", $"#/definitions/{definitions.NameOf(shape)}");
                writer.WriteEndObject();
                writer.WriteEndArray();
                break;
        }
    }

    private void WriteObject(ShapeForm.Object form)
    {
        writer.WriteStartObject("properties");
        foreach (var field in form.Fields.Where(field => field.Presence != FieldPresence.Refused))
        {
            writer.WriteStartObject(field.Name);
            writer.WriteString("description", field.Presence == FieldPresence.WithoutMeaning ? $"no effect on a node: {field.Doc}" : field.Doc);
            if (field.Shape is { } shape)
            {
                WriteShape(shape);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndObject();
        WriteExtensions();
        writer.WriteBoolean("additionalProperties", false);
    }

    // Extensions of Compose, and a subtree of values in place of the mapping.
    private void WriteExtensions()
    {
        writer.WriteStartObject("patternProperties");
        writer.WriteStartObject("^(x-|\\$value$)");
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private void WriteBelow(string keyword, Shape shape)
    {
        writer.WriteStartObject(keyword);
        WriteShape(shape);
        writer.WriteEndObject();
    }
}
