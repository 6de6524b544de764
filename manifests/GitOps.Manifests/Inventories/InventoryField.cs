using GitOps.Manifests.Kinds;

namespace GitOps.Manifests.Inventories;

/// <summary>What a column or member of a table is of the node.</summary>
internal abstract record InventoryField
{
    private InventoryField() { } // closed: every case is in this file

    public const string Name = "name";
    public const string Site = "site";
    public const string Architecture = "architecture";
    public const string Capabilities = "capabilities";
    public const string Suspend = "suspend";
    public const string Labels = "labels";
    public const string Values = "values";
    public const string Ignore = "ignore";

    private static readonly string[] Plain = [Name, Site, Architecture, Capabilities, Suspend, Ignore];

    /// <summary>The name, or a field of the spec under its own name.</summary>
    public sealed record Own(string Field) : InventoryField;

    public sealed record Label(string Key) : InventoryField;

    public sealed record Value(string Path) : InventoryField
    {
        public string[] Names { get; } = Path.Split('.');

        public bool Equals(Value? other) => other is not null && other.Path == Path;

        public override int GetHashCode() => Path.GetHashCode(StringComparison.Ordinal);
    }

    /// <summary>A whole mapping of labels or values; JSON only.</summary>
    public sealed record Whole(string Field) : InventoryField;

    public sealed record Ignored : InventoryField;

    /// <summary>What documents and findings name.</summary>
    public static IEnumerable<string> Known => [.. Plain, "labels.<key>", "values.<path>"];

    public static bool IsValid(string text) => Parse(text) is not (null or Whole);

    public static InventoryField? Parse(string text) => text switch
    {
        Ignore => new Ignored(),
        Labels or Values => new Whole(text),
        _ when Plain.Contains(text) => new Own(text),
        _ when text.StartsWith("labels.", StringComparison.Ordinal) && LabelText.IsKey(text["labels.".Length..]) =>
            new Label(text["labels.".Length..]),
        _ when text.StartsWith("values.", StringComparison.Ordinal) &&
            text["values.".Length..].Split('.').All(part => part.Length > 0) => new Value(text["values.".Length..]),
        _ => null,
    };
}
