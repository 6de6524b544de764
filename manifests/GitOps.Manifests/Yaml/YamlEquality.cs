namespace GitOps.Manifests.Yaml;

/// <summary>Whether two trees say the same at the same places.</summary>
internal static class YamlEquality
{
    public static bool Same(YamlNode? left, YamlNode? right) => (left, right) switch
    {
        _ when ReferenceEquals(left, right) => true,
        (YamlNode.Scalar a, YamlNode.Scalar b) => a == b,
        (YamlNode.Sequence a, YamlNode.Sequence b) => a.Span == b.Span && a.Items.Length == b.Items.Length &&
            a.Items.Zip(b.Items).All(pair => Same(pair.First, pair.Second)),
        (YamlNode.Mapping a, YamlNode.Mapping b) => a.Span == b.Span && a.Entries.Length == b.Entries.Length &&
            a.Entries.Zip(b.Entries).All(pair =>
                pair.First.Key == pair.Second.Key && pair.First.KeySpan == pair.Second.KeySpan && Same(pair.First.Value, pair.Second.Value)),
        _ => false,
    };

    /// <summary>Whether two trees say the same, wherever it stands; the order of keys does not count, that of items does.</summary>
    public static bool SameMeaning(YamlNode left, YamlNode right) => (left, right) switch
    {
        (YamlNode.Scalar a, YamlNode.Scalar b) => a.Text == b.Text && a.IsPlain == b.IsPlain,
        (YamlNode.Sequence a, YamlNode.Sequence b) => a.Items.Length == b.Items.Length &&
            a.Items.Zip(b.Items).All(pair => SameMeaning(pair.First, pair.Second)),
        (YamlNode.Mapping a, YamlNode.Mapping b) => a.Entries.Length == b.Entries.Length &&
            a.Entries.All(entry => b.TryGet(entry.Key, out var other) && SameMeaning(entry.Value, other)),
        _ => false,
    };
}
