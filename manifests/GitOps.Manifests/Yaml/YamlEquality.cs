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
}
