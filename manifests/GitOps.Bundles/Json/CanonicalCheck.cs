using System.Buffers;
using System.Text.Json;

namespace GitOps.Bundles.Json;

/// <summary>
/// Whether JSON without blanks is what <see cref="CanonicalJson"/> would write. It says no rather than think: to names that
/// are not ASCII, and to numbers that are not short integers.
/// </summary>
internal static class CanonicalCheck
{
    private const int Depth = 64; // JsonReaderOptions has the same by default

    // Every integer of so many digits is exact in a double and printed by ECMAScript without exponent.
    private const int ExactDigits = 15;

    private static readonly SearchValues<byte> ShortEscapes = SearchValues.Create("\"\\bfnrt"u8);

    public static bool IsCanonical(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        Span<(int At, int Length)> names = stackalloc (int, int)[Depth + 2]; // the member before, in each open object
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject:
                    names[reader.CurrentDepth + 1] = default;
                    break;
                case JsonTokenType.PropertyName:
                    var (at, length) = names[reader.CurrentDepth];
                    var name = reader.ValueSpan;
                    if (reader.ValueIsEscaped || name.ContainsAnyExceptInRange((byte)' ', (byte)'~') ||
                        (at > 0 && json.Slice(at, length).SequenceCompareTo(name) >= 0))
                    {
                        return false;
                    }

                    names[reader.CurrentDepth] = ((int)reader.TokenStartIndex + 1, name.Length);
                    break;
                case JsonTokenType.String when reader.ValueIsEscaped && !HasShortEscapesOnly(reader.ValueSpan):
                case JsonTokenType.Number when !IsShortInteger(reader.ValueSpan):
                    return false;
            }
        }

        return true;
    }

    private static bool HasShortEscapesOnly(ReadOnlySpan<byte> text)
    {
        for (var at = text.IndexOf((byte)'\\'); at >= 0; at = text.IndexOf((byte)'\\'))
        {
            if (!ShortEscapes.Contains(text[at + 1]))
            {
                return false;
            }

            text = text[(at + 2)..];
        }

        return true;
    }

    private static bool IsShortInteger(ReadOnlySpan<byte> number)
    {
        var digits = number[0] == '-' ? number[1..] : number;
        return digits.Length <= ExactDigits && !digits.ContainsAnyExceptInRange((byte)'0', (byte)'9') && !number.SequenceEqual("-0"u8);
    }
}
