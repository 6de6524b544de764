using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Foreign;

/// <summary>Changes to trees; what is kept keeps its place, so that findings about it still name the right line.</summary>
internal static class TreeEdit
{
    public static YamlNode? Find(this YamlNode.Mapping map, string key, ForeignSyntax syntax) =>
        map.Entries.FirstOrDefault(entry => ForeignObject.IsKey(entry.Key, key, syntax)).Value;

    public static YamlNode.Mapping Without(this YamlNode.Mapping map, ForeignSyntax syntax, params string[] keys) =>
        map with { Entries = [.. map.Entries.Where(entry => !keys.Any(key => ForeignObject.IsKey(entry.Key, key, syntax)))] };

    /// <summary>Sets a key, in its place when it is there.</summary>
    public static YamlNode.Mapping With(this YamlNode.Mapping map, ForeignSyntax syntax, string key, YamlNode value)
    {
        var without = map.Without(syntax, key);
        return without with { Entries = [.. without.Entries, new YamlEntry(key, value.Span, value)] };
    }

    public static YamlNode.Mapping Renamed(this YamlNode.Mapping map, ForeignSyntax syntax, string from, string to) => map with
    {
        Entries =
        [
            .. map.Entries.Select(entry => ForeignObject.IsKey(entry.Key, from, syntax) ? entry with { Key = to } : entry),
        ],
    };

    /// <summary>Changes the items of a list below a key; other items than mappings stay.</summary>
    public static YamlNode.Mapping Each(
        this YamlNode.Mapping map, ForeignSyntax syntax, string key, Func<YamlNode.Mapping, YamlNode.Mapping> change) =>
        map.Find(key, syntax) is YamlNode.Sequence list
            ? map with
            {
                Entries =
                [
                    .. map.Entries.Select(entry => !ReferenceEquals(entry.Value, list) ? entry : entry with
                    {
                        Value = list with { Items = [.. list.Items.Select(item => item is YamlNode.Mapping one ? change(one) : item)] },
                    }),
                ],
            }
            : map;

    public static YamlNode.Mapping Map(SourceSpan span, params IEnumerable<(string Key, YamlNode? Value)> entries) => new(span,
        [.. entries.Where(entry => entry.Value is not null).Select(entry => new YamlEntry(entry.Key, entry.Value!.Span, entry.Value))]);

    public static YamlNode.Sequence List(SourceSpan span, params IEnumerable<YamlNode> items) => new(span, [.. items]);

    /// <summary>Text, whatever it looks like.</summary>
    public static YamlNode.Scalar Text(SourceSpan span, string text) => new(span, text, IsPlain: false);

    /// <summary>A number, true, false or a word.</summary>
    public static YamlNode.Scalar Plain(SourceSpan span, string text) => new(span, text, IsPlain: true);
}
