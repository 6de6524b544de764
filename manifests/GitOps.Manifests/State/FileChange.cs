using GitOps.Manifests.Kinds;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.State;

/// <summary>What a file says, before and after; null where it says nothing: gone, no manifest, or data that a manifest names.</summary>
internal sealed class FileChange
{
    private static readonly HashSet<object> None = [];

    public FileChange(ParsedFile? old, ParsedFile? next)
    {
        (Old, Next) = (old, next);
        // A table or a long file says mostly the same as before: only the rest is work.
        var kept = old is null || next is null ? None : Kept(old, next);
        RemovedResources = [.. (old?.Resources ?? []).Where(resource => !kept.Contains(resource))];
        AddedResources = [.. (next?.Resources ?? []).Where(resource => !kept.Contains(resource))];
        RemovedDeclarations = [.. (old?.Declared ?? []).Where(declared => !kept.Contains(declared))];
        AddedDeclarations = [.. (next?.Declared ?? []).Where(declared => !kept.Contains(declared))];
    }

    public ParsedFile? Old { get; }

    public ParsedFile? Next { get; }

    public IReadOnlyList<Resource> RemovedResources { get; }

    public IReadOnlyList<Resource> AddedResources { get; }

    public IReadOnlyList<Declaration> RemovedDeclarations { get; }

    public IReadOnlyList<Declaration> AddedDeclarations { get; }

    /// <summary>What a file says now, with the very objects of before where they say the same at the same place.</summary>
    public static ParsedFile? Reuse(ParsedFile? old, ParsedFile? next)
    {
        if (old is null || next is null || next.Declared.Length < 2)
        {
            return next; // the only resource of a file that changed
        }

        var resources = old.Resources.ToLookup(resource => resource.Span);
        var declared = old.Declared.ToLookup(declaration => declaration.Span);
        return next with
        {
            Resources = [.. next.Resources.Select(resource => resources[resource.Span].FirstOrDefault(before => Same(before, resource)) ?? resource)],
            Declared = [.. next.Declared.Select(declaration => declared[declaration.Span].FirstOrDefault(before => before == declaration) ?? declaration)],
        };
    }

    /// <summary>
    /// The kinds, names, labels and trees with their places decide all the rest, except where an inventory's own defaults
    /// do: there the specs are compared.
    /// </summary>
    private static bool Same(Resource left, Resource right) =>
        left.Kind == right.Kind && left.Metadata == right.Metadata && left.HasTemplates == right.HasTemplates &&
        YamlEquality.Same(left.Tree, right.Tree) &&
        (left is not Resource<EdgeNodeSpec> before || right is not Resource<EdgeNodeSpec> after || Same(before.Spec, after.Spec));

    private static bool Same(EdgeNodeSpec left, EdgeNodeSpec right) =>
        left with { Values = YamlNode.Mapping.Empty } == right with { Values = YamlNode.Mapping.Empty } && YamlEquality.Same(left.Values, right.Values);

    private static HashSet<object> Kept(ParsedFile old, ParsedFile next)
    {
        var kept = new HashSet<object>(ReferenceEqualityComparer.Instance);
        kept.UnionWith(next.Resources);
        kept.UnionWith(next.Declared);
        kept.IntersectWith(old.Resources.Concat<object>(old.Declared));
        return kept;
    }
}
