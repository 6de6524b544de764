using System.Globalization;
using GitOps.Manifests.Yaml;

namespace GitOps.Reconciler.Provenance;

/// <summary>Finds fields below a resource's <c>spec</c> by the path a person gives.</summary>
internal static class FieldWalk
{
    /// <summary>
    /// The parts of a path. Takes what people write and what <c>gitops diff</c> prints: <c>process.env.PORT</c>,
    /// <c>spec.process.env[PORT].value</c>.
    /// </summary>
    public static string[] Parts(string path)
    {
        var parts = path.Replace('[', '.').Replace("]", "", StringComparison.Ordinal).Split('.', StringSplitOptions.RemoveEmptyEntries);
        return parts is ["spec", ..] ? parts[1..] : parts;
    }

    /// <summary>The field, or null; a list's item is found by its name or its place, counted from 0.</summary>
    public static YamlNode? Find(YamlNode node, ReadOnlySpan<string> parts)
    {
        if (parts.IsEmpty || (node is YamlNode.Scalar && parts is ["value" or "content"]))
        {
            return node; // a unit says {value: …} where a manifest may say the value alone
        }

        var next = node switch
        {
            YamlNode.Mapping mapping => mapping.TryGet(parts[0], out var value) ? value : null,
            YamlNode.Sequence list => Item(list, parts[0]),
            _ => null,
        };
        return next is null ? null : Find(next, parts[1..]);
    }

    /// <summary>Every scalar at or below a node with its path.</summary>
    public static IEnumerable<(string Path, YamlNode.Scalar Scalar)> Leaves(YamlNode node, string path) => node switch
    {
        YamlNode.Scalar scalar => [(path, scalar)],
        YamlNode.Mapping mapping => mapping.Entries.SelectMany(e => Leaves(e.Value, Join(path, e.Key))),
        YamlNode.Sequence list => list.Items.SelectMany((item, i) => Leaves(item, $"{path}[{NameOf(item) ?? i.ToString(CultureInfo.InvariantCulture)}]")),
        _ => [],
    };

    /// <summary>What can follow a path as far as it exists, for an answer to a wrong one.</summary>
    public static IEnumerable<string> Next(YamlNode node, ReadOnlySpan<string> parts)
    {
        for (var length = parts.Length; length >= 0; length--)
        {
            switch (Find(node, parts[..length]))
            {
                case YamlNode.Mapping mapping:
                    return mapping.Entries.Select(e => e.Key);
                case YamlNode.Sequence list:
                    return list.Items.Select((item, i) => NameOf(item) ?? i.ToString(CultureInfo.InvariantCulture));
            }
        }

        return [];
    }

    private static YamlNode? Item(YamlNode.Sequence list, string name) =>
        list.Items.FirstOrDefault(item => NameOf(item) == name) ??
        (int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < list.Items.Length ? list.Items[index] : null);

    private static string? NameOf(YamlNode item) =>
        item is YamlNode.Mapping mapping && mapping.TryGet("name", out var name) && name is YamlNode.Scalar scalar ? scalar.Text : null;

    private static string Join(string path, string key) => path.Length == 0 ? key : $"{path}.{key}";
}
