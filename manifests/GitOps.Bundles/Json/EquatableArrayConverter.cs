using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace GitOps.Bundles.Json;

/// <summary>Tells the element type of a list, for walks over type metadata.</summary>
internal interface IArrayConverter
{
    Type ElementType { get; }
}

/// <summary>Reads and writes an array. Listed per element type in the contexts: a factory would need reflection.</summary>
internal sealed class EquatableArrayConverter<T> : JsonConverter<EquatableArray<T>>, IArrayConverter
    where T : IEquatable<T>
{
    public Type ElementType => typeof(T);

    public override EquatableArray<T> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new JsonException("expected an array");
        }

        var element = (JsonTypeInfo<T>)options.GetTypeInfo(typeof(T));
        var items = ImmutableArray.CreateBuilder<T>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            items.Add(JsonSerializer.Deserialize(ref reader, element) ?? throw new JsonException("null in an array"));
        }

        return new EquatableArray<T>(items.DrainToImmutable());
    }

    public override void Write(Utf8JsonWriter writer, EquatableArray<T> value, JsonSerializerOptions options)
    {
        var element = (JsonTypeInfo<T>)options.GetTypeInfo(typeof(T));
        writer.WriteStartArray();
        foreach (var item in value)
        {
            JsonSerializer.Serialize(writer, item, element);
        }

        writer.WriteEndArray();
    }
}
