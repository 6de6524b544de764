namespace GitOps.Manifests.Shapes;

/// <summary>What a shape is made of, as data: enough for a schema, an explanation or a formatter, without reading anything.</summary>
public abstract record ShapeForm
{
    private ShapeForm() { } // closed: every case is in this file

    /// <summary>A single value.</summary>
    public sealed record Scalar(ScalarForm Says, string Expects, string Fix) : ShapeForm;

    /// <summary>A list with at least so many items.</summary>
    public sealed record List(Shape Item, int Minimum) : ShapeForm;

    /// <summary>A mapping whose keys people choose.</summary>
    public sealed record Map(Shape Key, Shape Item) : ShapeForm;

    /// <summary>A scalar as a short form of something larger.</summary>
    public sealed record Either(Shape Short, Shape Full) : ShapeForm;

    /// <summary>A mapping with known fields, in the order in which they are written.</summary>
    public sealed record Object(IReadOnlyList<FieldShape> Fields, IReadOnlyList<string> Rules) : ShapeForm;

    /// <summary>A mapping of anything at all, without templates.</summary>
    public sealed record Values : ShapeForm;

    /// <summary>
    /// Something with a syntax of its own, which only the compiler checks. <paramref name="Choices"/> are the foreign documents it may
    /// be, each called as its <c>kind</c> where there are several; empty where it may be anything.
    /// </summary>
    public sealed record Any(IReadOnlyList<Shape> Choices) : ShapeForm;
}

/// <summary>The types of JSON that an unquoted or quoted scalar may become.</summary>
[Flags]
public enum ScalarTypes
{
    None = 0,
    String = 1,
    Integer = 2,
    Number = 4,
    Boolean = 8,

    /// <summary>Where text is taken, it is taken as it stands there: <c>5</c> and <c>true</c> are text as well.</summary>
    Text = String | Number | Boolean,
}

/// <summary>
/// What can be said of a scalar in a JSON Schema. It is never narrower than what the parser takes; what a pattern cannot
/// say, only the parser checks.
/// </summary>
public sealed record ScalarForm(ScalarTypes Types)
{
    public static readonly ScalarForm Text = new(ScalarTypes.Text) { Example = "some text" };

    /// <summary>An anchored regular expression of ECMA 262 for strings; null where there is none.</summary>
    public string? Pattern { get; init; }

    /// <summary>The only values there are; empty where that is not a list.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];

    public decimal? Minimum { get; init; }

    public decimal? Maximum { get; init; }

    /// <summary>One valid value as YAML writes it.</summary>
    public string? Example { get; init; }
}
