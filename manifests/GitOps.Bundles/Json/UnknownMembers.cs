using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace GitOps.Bundles.Json;

/// <summary>Finds every member of a document that its type does not have; the serializer would stop at the first.</summary>
internal static class UnknownMembers
{
    /// <summary>Paths such as <c>workload/web.process.cpu</c>.</summary>
    public static IEnumerable<string> In(JsonElement json, JsonTypeInfo type, string path)
    {
        if (json.ValueKind == JsonValueKind.Object && type.Kind == JsonTypeInfoKind.Object)
        {
            var known = type.Properties.ToDictionary(p => p.Name, StringComparer.Ordinal);
            foreach (var member in json.EnumerateObject())
            {
                if (!known.TryGetValue(member.Name, out var property))
                {
                    yield return $"{path}.{member.Name}";
                    continue;
                }

                foreach (var inner in In(member.Value, InfoOf(property.PropertyType, type), $"{path}.{member.Name}"))
                {
                    yield return inner;
                }
            }
        }
        else if (json.ValueKind == JsonValueKind.Array && type.Converter is IArrayConverter array)
        {
            var index = 0;
            foreach (var item in json.EnumerateArray())
            {
                foreach (var inner in In(item, InfoOf(array.ElementType, type), $"{path}[{index}]"))
                {
                    yield return inner;
                }

                index++;
            }
        }
    }

    private static JsonTypeInfo InfoOf(Type type, JsonTypeInfo parent) =>
        parent.Options.GetTypeInfo(Nullable.GetUnderlyingType(type) ?? type);
}
