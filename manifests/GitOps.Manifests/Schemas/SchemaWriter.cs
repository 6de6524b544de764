using System.Diagnostics;
using System.Text.Json;
using GitOps.Manifests.Shapes;

namespace GitOps.Manifests.Schemas;

/// <summary>Writes shapes as schemas, in place; only objects of foreign documents are referred to, below <c>definitions</c> of the same file.</summary>
internal sealed class SchemaWriter(Utf8JsonWriter writer, ForeignDefinitions foreign)
{
    private const string TemplatePattern = @"\{\{";

    // Of a shape that contains itself the inner one is left open: a schema in place would never end.
    private readonly HashSet<Shape> _open = new(ReferenceEqualityComparer.Instance);

    public static void WriteStrings(Utf8JsonWriter writer, string name, IEnumerable<string> texts)
    {
        writer.WriteStartArray(name);
        foreach (var text in texts)
        {
            writer.WriteStringValue(text);
        }

        writer.WriteEndArray();
    }

    /// <summary>Opens an object and writes its <c>if</c>; the caller writes <c>then</c> and closes it.</summary>
    public static void WriteIfKind(Utf8JsonWriter writer, string kind)
    {
        writer.WriteStartObject();
        writer.WriteStartObject("if");
        writer.WriteStartObject("properties");
        writer.WriteStartObject("kind");
        writer.WriteString("const", kind);
        writer.WriteEndObject();
        writer.WriteEndObject();
        WriteStrings(writer, "required", ["kind"]);
        writer.WriteEndObject();
    }

    /// <summary>The spec of a kind: where no field is required, it may be empty.</summary>
    public void WriteSpec(KindShape kind)
    {
        writer.WriteStartObject("spec");
        writer.WriteString("description", "what it says");
        if (kind.Spec.Form is not ShapeForm.Object form)
        {
            throw new UnreachableException($"the spec of {kind.Kind} has no fields");
        }

        var isOptional = form.Fields.All(field => field.Presence != FieldPresence.Required);
        WriteObject(form, kind.IsRendered, isOptional ? ["object", "null"] : ["object"]);
        writer.WriteEndObject();
    }

    public void WriteProperty(string name, Shape shape, string doc, bool withTemplates, string? otherwise = null)
    {
        writer.WriteStartObject(name);
        writer.WriteString("description", doc);
        if (otherwise is not null)
        {
            WriteDefault(shape.Form, otherwise);
        }

        WriteValue(shape, withTemplates);
        writer.WriteEndObject();
    }

    private void WriteValue(Shape shape, bool withTemplates)
    {
        if (!withTemplates)
        {
            WriteForm(shape, withTemplates);
            return;
        }

        writer.WriteStartArray("anyOf");
        writer.WriteStartObject();
        WriteForm(shape, withTemplates);
        writer.WriteEndObject();
        WriteTemplate();
        writer.WriteEndArray();
    }

    private void WriteTemplate()
    {
        writer.WriteStartObject();
        writer.WriteString("description", "a template");
        writer.WriteString("type", "string");
        writer.WriteString("pattern", TemplatePattern);
        writer.WriteEndObject();
        writer.WriteStartObject();
        writer.WriteString("description", "a whole subtree of the node's values");
        writer.WriteString("type", "object");
        writer.WriteStartObject("properties");
        writer.WriteStartObject(ValueReference.Key);
        writer.WriteString("type", "string");
        writer.WriteEndObject();
        writer.WriteEndObject();
        WriteStrings(writer, "required", [ValueReference.Key]);
        writer.WriteBoolean("additionalProperties", false);
        writer.WriteEndObject();
    }

    private void WriteForm(Shape shape, bool withTemplates)
    {
        if (!_open.Add(shape))
        {
            return;
        }

        switch (shape.Form)
        {
            case ShapeForm.Scalar scalar:
                WriteScalar(scalar);
                break;
            case ShapeForm.List list:
                writer.WriteString("type", "array");
                if (list.Minimum > 0)
                {
                    writer.WriteNumber("minItems", list.Minimum);
                }

                writer.WriteStartObject("items");
                WriteValue(list.Item, withTemplates);
                writer.WriteEndObject();
                break;
            case ShapeForm.Map map:
                WriteMap(map, withTemplates);
                break;
            case ShapeForm.Either either:
                writer.WriteStartArray("anyOf");
                foreach (var choice in (Shape[])[either.Short, either.Full])
                {
                    writer.WriteStartObject();
                    WriteForm(choice, withTemplates);
                    writer.WriteEndObject();
                }

                writer.WriteEndArray();
                break;
            case ShapeForm.Object form:
                WriteObject(form, withTemplates, ["object"]);
                break;
            case ShapeForm.Values:
                writer.WriteString("type", "object");
                break;
            case ShapeForm.Any any:
                new ForeignSchemaWriter(writer, foreign).Write(any.Choices);
                break;
            default:
                throw new UnreachableException($"{shape.Form}");
        }

        _open.Remove(shape);
    }

    private void WriteObject(ShapeForm.Object form, bool withTemplates, string[] types)
    {
        WriteTypes(types);
        writer.WriteStartObject("properties");
        foreach (var field in form.Fields)
        {
            // What is not acted on is an error of the compiler, so an editor does not offer it either.
            if (field.Shape is { } shape)
            {
                WriteProperty(field.Name, shape, Doc(field, shape), withTemplates && !field.IsLiteral, field.Default);
            }
        }

        writer.WriteEndObject();
        var required = form.Fields.Where(field => field.Presence == FieldPresence.Required).Select(field => field.Name).ToArray();
        if (required.Length > 0)
        {
            WriteStrings(writer, "required", required);
        }

        writer.WriteBoolean("additionalProperties", false);
    }

    private void WriteMap(ShapeForm.Map map, bool withTemplates)
    {
        writer.WriteString("type", "object");
        var pattern = map.Key.Form is ShapeForm.Scalar { Says.Pattern: { } known } ? known : null;
        writer.WriteStartObject(pattern is null ? "additionalProperties" : "patternProperties");
        if (pattern is not null)
        {
            writer.WriteStartObject(pattern);
        }

        WriteValue(map.Item, withTemplates);
        writer.WriteEndObject();
        if (pattern is not null)
        {
            writer.WriteEndObject();
            writer.WriteBoolean("additionalProperties", false);
        }
    }

    private void WriteScalar(ShapeForm.Scalar scalar)
    {
        var says = scalar.Says;
        if (says.Choices.Count > 0)
        {
            WriteStrings(writer, "enum", says.Choices);
            return;
        }

        WriteTypes([.. Enum.GetValues<ScalarTypes>()
            .Where(type => type is ScalarTypes.String or ScalarTypes.Integer or ScalarTypes.Number or ScalarTypes.Boolean &&
                says.Types.HasFlag(type))
            .Select(type => type.ToString().ToLowerInvariant())]);
        if (says.Pattern is { } pattern)
        {
            writer.WriteString("pattern", pattern);
            writer.WriteString("patternErrorMessage", $"Expected {scalar.Expects}: {scalar.Fix}.");
        }

        if (says.Minimum is { } minimum)
        {
            writer.WriteNumber("minimum", minimum);
        }

        if (says.Maximum is { } maximum)
        {
            writer.WriteNumber("maximum", maximum);
        }
    }

    private void WriteTypes(string[] types)
    {
        if (types.Length == 1)
        {
            writer.WriteString("type", types[0]);
        }
        else
        {
            WriteStrings(writer, "type", types);
        }
    }

    private void WriteDefault(ShapeForm form, string text)
    {
        switch (form)
        {
            case ShapeForm.Scalar { Says: { Choices.Count: 0 } says } when !says.Types.HasFlag(ScalarTypes.String):
                writer.WritePropertyName("default");
                writer.WriteRawValue(text);
                break;
            case ShapeForm.Scalar:
                writer.WriteString("default", text == "\"\"" ? "" : text);
                break;
            case ShapeForm.List or ShapeForm.Map or ShapeForm.Values when text is "[]" or "{}":
                writer.WritePropertyName("default");
                writer.WriteRawValue(text);
                break;
        }
    }

    private static string Doc(FieldShape field, Shape shape) =>
        $"{field.Doc} ({shape.Name.Replace("\\|", "|", StringComparison.Ordinal)}{(field.IsLiteral ? "; no template" : "")})";
}
