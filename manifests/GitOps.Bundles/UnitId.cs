using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using GitOps.Bundles.Json;

namespace GitOps.Bundles;

/// <summary>Addresses a unit on a node: <c>kind/name</c>, e.g. <c>workload/web</c>.</summary>
[JsonConverter(typeof(UnitIdConverter))]
public readonly record struct UnitId(string Kind, string Name) : IComparable<UnitId>
{
    public static bool TryParse([NotNullWhen(true)] string? text, out UnitId id)
    {
        id = default;
        var slash = text?.IndexOf('/', StringComparison.Ordinal) ?? -1;
        if (slash < 1 || !Label.IsValid(text.AsSpan(0, slash)) || !Label.IsValid(text.AsSpan(slash + 1)))
        {
            return false;
        }

        id = new UnitId(text![..slash], text[(slash + 1)..]);
        return true;
    }

    /// <exception cref="FormatException">The text is not <c>kind/name</c>.</exception>
    public static UnitId Parse(string text) =>
        TryParse(text, out var id) ? id : throw new FormatException($"'{text}' is not kind/name");

    public int CompareTo(UnitId other)
    {
        var byKind = string.CompareOrdinal(Kind, other.Kind);
        return byKind != 0 ? byKind : string.CompareOrdinal(Name, other.Name);
    }

    public override string ToString() => $"{Kind}/{Name}";

    public static bool operator <(UnitId left, UnitId right) => left.CompareTo(right) < 0;

    public static bool operator >(UnitId left, UnitId right) => left.CompareTo(right) > 0;

    public static bool operator <=(UnitId left, UnitId right) => left.CompareTo(right) <= 0;

    public static bool operator >=(UnitId left, UnitId right) => left.CompareTo(right) >= 0;
}

/// <summary>A DNS label as RFC 1123 §2.1 and RFC 1035 §2.3.4 bound it: a–z, 0–9 and inner hyphens, 1 to 63 characters.</summary>
public static class Label
{
    public const int MaxLength = 63;

    private static readonly SearchValues<char> Allowed = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-");

    public static bool IsValid(ReadOnlySpan<char> text) =>
        text.Length is > 0 and <= MaxLength && text[0] != '-' && text[^1] != '-' &&
        !text.ContainsAnyExcept(Allowed);
}
