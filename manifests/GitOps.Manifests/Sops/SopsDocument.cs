using System.Collections.Immutable;
using GitOps.Bundles;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Sops;

/// <summary>A value of a SOPS file.</summary>
/// <param name="Key">As a template asks for it: the names on the way joined by dots, items of a list by their number.</param>
/// <param name="Path">What authenticates it: the names on the way; items of a list share that of the list.</param>
/// <param name="Text">Encrypted where it is <c>ENC[…]</c>.</param>
/// <param name="IsPlain">Written without quotes: true, false, null and numbers are not texts then.</param>
public sealed record SopsLeaf(string Key, EquatableArray<string> Path, string Text, bool IsPlain);

/// <summary>The data key of a file, for one recipient. <paramref name="File"/>: of age, armored.</summary>
public sealed record SopsDataKey(string Recipient, string File);

/// <summary>
/// A file as SOPS writes it, YAML or JSON: the structure stands there to be read, the values are encrypted under one data key, and
/// that under keys of age (and others, which are not looked at). Nothing here needs a key.
/// </summary>
public sealed record SopsDocument
{
    private const string Metadata = "sops";

    private SopsDocument() { }

    /// <summary>In the order of the file.</summary>
    public required ImmutableArray<SopsLeaf> Leaves { get; init; }

    public required ImmutableArray<SopsDataKey> DataKeys { get; init; }

    /// <summary>Over all values, encrypted like one.</summary>
    public required string Mac { get; init; }

    /// <summary>As it is written: it authenticates <see cref="Mac"/>.</summary>
    public required string LastModified { get; init; }

    /// <summary>Values that are not encrypted are not in the MAC.</summary>
    public required bool MacOnlyEncrypted { get; init; }

    /// <summary>What templates may ask for, sorted.</summary>
    public EquatableArray<string> Keys =>
        Leaves.Select(leaf => leaf.Key).Where(Kinds.SecretKeys.IsValid).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToEquatableArray();

    /// <returns>The document, or what is wrong with it in words that repeat nothing of it.</returns>
    public static (SopsDocument? Document, string? Wrong) Read(SourceFile file)
    {
        var findings = new FindingList();
        if (YamlReader.ReadForeign(file, YamlLimits.Default, findings) is not [YamlNode.Mapping root] || findings.Errors > 0)
        {
            return (null, "it is not one mapping, in YAML or JSON");
        }

        if (!root.TryGet(Metadata, out var written) || written is not YamlNode.Mapping metadata)
        {
            return (null, "it has no metadata of SOPS: it is not encrypted");
        }

        if (metadata.TryGet("key_groups", out _))
        {
            return (null, "its data key is shared out to groups of keys, which is not read");
        }

        ImmutableArray<SopsDataKey> keys = [.. DataKeysOf(metadata)];
        return keys.IsEmpty ? (null, "its data key is encrypted to no key of age")
            : TextOf(metadata, "mac") is not { } mac || TextOf(metadata, "lastmodified") is not { } modified ? (null, "its metadata lacks 'mac' or 'lastmodified'")
            : (new SopsDocument
            {
                Leaves = [.. root.Entries.Where(entry => entry.Key != Metadata).SelectMany(entry => LeavesOf(entry.Value, entry.Key, [entry.Key]))],
                DataKeys = keys,
                Mac = mac,
                LastModified = modified,
                MacOnlyEncrypted = TextOf(metadata, "mac_only_encrypted") == "true",
            }, null);
    }

    private static IEnumerable<SopsDataKey> DataKeysOf(YamlNode.Mapping metadata) =>
        metadata.TryGet("age", out var age) && age is YamlNode.Sequence list
            ? list.Items.OfType<YamlNode.Mapping>()
                .Select(item => TextOf(item, "recipient") is { } recipient && TextOf(item, "enc") is { } file ? new SopsDataKey(recipient, file) : null)
                .OfType<SopsDataKey>()
            : [];

    private static string? TextOf(YamlNode.Mapping mapping, string key) => mapping.TryGet(key, out var value) ? (value as YamlNode.Scalar)?.Text : null;

    private static IEnumerable<SopsLeaf> LeavesOf(YamlNode node, string key, ImmutableArray<string> path) => node switch
    {
        YamlNode.Mapping mapping => mapping.Entries.SelectMany(entry => LeavesOf(entry.Value, $"{key}.{entry.Key}", path.Add(entry.Key))),
        YamlNode.Sequence list => list.Items.SelectMany((item, index) => LeavesOf(item, FormattableString.Invariant($"{key}.{index}"), path)),
        YamlNode.Scalar scalar => [new SopsLeaf(key, path.ToEquatableArray(), scalar.Text, scalar.IsPlain)],
        _ => throw new System.Diagnostics.UnreachableException(node.ToString()),
    };
}
