using System.Collections.Frozen;
using GitOps.Bundles;
using GitOps.Manifests.Yaml;

namespace GitOps.Reconciler.Rendering;

/// <summary>What templates see. Immutable: nodes and threads share one where they see the same.</summary>
/// <param name="Values">The merged values as written, for <c>$value</c>.</param>
/// <param name="Variables"><c>values</c>, <c>site</c>, <c>fleet</c> and, for one node, <c>node</c>.</param>
/// <param name="Secrets">What Git holds about the fleet's secrets, by name.</param>
internal sealed record RenderScope(
    YamlNode.Mapping Values, ValueObject Variables, FrozenDictionary<string, KnownSecret> Secrets)
{
    /// <summary>Of the node's site; null where nothing is said of it.</summary>
    public string? TimeZone => Member(Variables, "site") is ValueObject site ? Member(site, "timeZone") as string : null;

    /// <summary>For what holds no template.</summary>
    public static RenderScope Nothing { get; } =
        new(YamlNode.Mapping.Empty, new ValueObject("the template's scope", []), FrozenDictionary<string, KnownSecret>.Empty);

    private static object? Member(ValueObject of, string name) => of.TryGetValue(null, default, name, out var value) ? value : null;
}

/// <summary>
/// A secret's keys, where it lies on the node (null: it is sealed), and the digest of what Git holds about it: a hole's version.
/// </summary>
internal sealed record KnownSecret(EquatableArray<string> Keys, string? File, bool IsDirectory, Digest Version)
{
    public string? FileOf(string key) => IsDirectory ? $"{File}/{key}" : File;
}
