using GitOps.Manifests.Kinds;
using GitOps.Manifests.Shapes;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Formatting;

/// <summary>In which order the fields of an object stand, by its shape. Keys that people choose keep theirs.</summary>
internal static class FieldOrder
{
    /// <summary>The form of a whole document of a kind; of an unknown kind, that of what every document has.</summary>
    public static ShapeForm OfDocument(YamlNode.Mapping document)
    {
        var kind = document.TryGet("kind", out var name) && name is YamlNode.Scalar scalar && KindShapes.ByName.TryGetValue(scalar.Text, out var known)
            ? known : null;
        return new ShapeForm.Object([.. ManifestFile.Envelope.Select(field => field.Name == "spec" ? field with { Shape = kind?.Spec } : field)], []);
    }

    /// <summary>Known fields in their order, then the others as they were.</summary>
    public static IEnumerable<T> Sort<T>(IReadOnlyCollection<T> entries, Func<T, string> key, ShapeForm? form)
    {
        switch (form)
        {
            case ShapeForm.Object(var fields, _):
                var places = fields.Select((field, index) => (field.Name, index)).ToDictionary(field => field.Name, field => field.index, StringComparer.Ordinal);
                return entries.OrderBy(entry => places.GetValueOrDefault(key(entry), int.MaxValue));
            case ShapeForm.Either(_, var full):
                return Sort(entries, key, full.Form);
            default:
                return entries;
        }
    }

    public static ShapeForm? OfField(ShapeForm? form, string key) => form switch
    {
        ShapeForm.Object(var fields, _) => fields.FirstOrDefault(field => field.Name == key)?.Shape?.Form,
        ShapeForm.Map(_, var item) => item.Form,
        ShapeForm.Either(_, var full) => OfField(full.Form, key),
        _ => null,
    };

    public static ShapeForm? OfItem(ShapeForm? form) => form switch
    {
        ShapeForm.List(var item, _) => item.Form,
        ShapeForm.Either(_, var full) => OfItem(full.Form),
        _ => null,
    };
}
