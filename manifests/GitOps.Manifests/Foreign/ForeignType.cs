using System.Collections.Immutable;

namespace GitOps.Manifests.Foreign;

internal enum ScalarType
{
    Text,
    Boolean,
    Float,
    Integer,
    Unsigned,
}

/// <summary>
/// What a foreign format takes at one place, as data. Written in a small notation, see <see cref="Of"/>; checked by
/// <see cref="TypeCheck"/>.
/// </summary>
internal abstract record ForeignType
{
    private ForeignType() { } // closed: every case is in this file

    public sealed record Any : ForeignType;

    /// <param name="OneOf">Empty: every value of the type.</param>
    public sealed record Scalar(ScalarType Type, ImmutableArray<string> OneOf) : ForeignType;

    public sealed record List(ForeignType Item) : ForeignType;

    public sealed record Map(ForeignType Value) : ForeignType;

    /// <param name="IsOpen">Keys beside the fields are kept.</param>
    public sealed record Structure(ImmutableArray<ForeignField> Fields, bool IsOpen) : ForeignType;

    /// <summary>
    /// <c>s b f i u</c>: text, boolean, float, signed and unsigned 64-bit integer; <c>s(A|B)</c>: one of; <c>*</c>: anything;
    /// <c>[t]</c>: list; <c>&lt;t&gt;</c>: map of text to t; <c>{name:t other!:t}</c>: object, <c>!</c> marks what is required,
    /// <c>...</c> that other keys are kept.
    /// </summary>
    public static ForeignType Of(string notation)
    {
        var at = 0;
        return Read(notation, ref at);
    }

    private static ForeignType Read(string text, ref int at)
    {
        SkipSpace(text, ref at);
        switch (text[at++])
        {
            case '*':
                return new Any();
            case '[':
                var item = Read(text, ref at);
                Expect(text, ref at, ']');
                return new List(item);
            case '<':
                var value = Read(text, ref at);
                Expect(text, ref at, '>');
                return new Map(value);
            case '{':
                return ReadStructure(text, ref at);
            default:
                return ReadScalar(text, ref at);
        }
    }

    private static Structure ReadStructure(string text, ref int at)
    {
        var fields = ImmutableArray.CreateBuilder<ForeignField>();
        var isOpen = false;
        for (SkipSpace(text, ref at); text[at] != '}'; SkipSpace(text, ref at))
        {
            if (text[at] == '.')
            {
                (isOpen, at) = (true, at + 3);
                continue;
            }

            var colon = text.IndexOf(':', at);
            var name = text[at..colon];
            at = colon + 1;
            fields.Add(new ForeignField(name.TrimEnd('!'), Read(text, ref at), name.EndsWith('!')));
        }

        at++;
        return new Structure(fields.DrainToImmutable(), isOpen);
    }

    private static Scalar ReadScalar(string text, ref int at)
    {
        var type = text[at - 1] switch
        {
            's' => ScalarType.Text,
            'b' => ScalarType.Boolean,
            'f' => ScalarType.Float,
            'i' => ScalarType.Integer,
            'u' => ScalarType.Unsigned,
            var other => throw new ArgumentException($"'{other}' is no type", nameof(text)),
        };
        if (at >= text.Length || text[at] != '(')
        {
            return new Scalar(type, []);
        }

        var end = text.IndexOf(')', at);
        var oneOf = text[(at + 1)..end].Split('|');
        at = end + 1;
        return new Scalar(type, [.. oneOf]);
    }

    private static void Expect(string text, ref int at, char wanted)
    {
        SkipSpace(text, ref at);
        if (text[at++] != wanted)
        {
            throw new ArgumentException($"expected '{wanted}' at {at - 1}", nameof(text));
        }
    }

    private static void SkipSpace(string text, ref int at)
    {
        while (at < text.Length && char.IsWhiteSpace(text[at]))
        {
            at++;
        }
    }
}

internal sealed record ForeignField(string Name, ForeignType Type, bool IsRequired);
