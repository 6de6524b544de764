using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace GitOps.Bundles.Json;

/// <summary>
/// A choice on the wire: one word for each, its name or what <see cref="JsonStringEnumMemberNameAttribute"/> says. Anything else, a number
/// too, is no JSON of that type. For enums of 32 bits; it stands at each, because the framework's own converter is 10 KB of the agent for each.
/// </summary>
public sealed class WordConverter<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicFields)] T> : JsonConverter<T>
    where T : struct, Enum
{
    private static readonly ChoiceWords Words = new(typeof(T));

    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Unsafe.BitCast<int, T>(Words.Read(ref reader));

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
        writer.WriteStringValue(Words.Of(Unsafe.BitCast<T, int>(value)));
}

/// <summary>The words of one enum.</summary>
internal sealed class ChoiceWords
{
    private readonly string _name;
    private readonly int[] _values;
    private readonly string[] _words;

    public ChoiceWords([DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicFields)] Type choice)
    {
        (_name, _values) = (choice.Name, (int[])Enum.GetValuesAsUnderlyingType(choice));
        _words = Enum.GetNames(choice);
        for (var i = 0; i < _words.Length; i++)
        {
            _words[i] = choice.GetField(_words[i])?.GetCustomAttribute<JsonStringEnumMemberNameAttribute>()?.Name ?? _words[i];
        }
    }

    /// <exception cref="JsonException">It is none of the words.</exception>
    public int Read(ref Utf8JsonReader reader)
    {
        for (var i = 0; reader.TokenType == JsonTokenType.String && i < _words.Length; i++)
        {
            if (reader.ValueTextEquals(_words[i]))
            {
                return _values[i];
            }
        }

        throw new JsonException($"it is none of {string.Join(", ", _words)}, as {_name} is");
    }

    public string Of(int value) => Array.IndexOf(_values, value) is >= 0 and var at
        ? _words[at]
        : throw new JsonException($"{value} is no {_name}");
}
