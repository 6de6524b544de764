using GitOps.ControlPlane.Git;
using GitOps.Reconciler.Compile;

namespace GitOps.ControlPlane.Hosting;

/// <summary>What Git says of a node beside its bundle.</summary>
internal sealed record DirectoryEntry(IReadOnlyDictionary<string, string> Labels, string? Site)
{
    public static DirectoryEntry Of(NodeBundle node) =>
        new(node.Target.Labels.All.ToDictionary(label => label.Key, label => label.Value, StringComparer.Ordinal), node.Site);
}

/// <summary>
/// The nodes of the published revision with their labels, for people. It listens in on the compiler: what was compiled last
/// is shown once it is accepted, a held revision is not. Thread-safe.
/// </summary>
internal sealed class FleetDirectory
{
    private volatile FleetBundles? _shown;
    private volatile FleetBundles? _compiled;

    public int Count => _shown?.Count ?? 0;

    public IEnumerable<string> Names => _shown?.Nodes.Select(node => node.Node) ?? [];

    public bool Contains(string node) => _shown?.TryGet(node, out _) ?? false;

    /// <summary>Null for a node that is not in the revision.</summary>
    public DirectoryEntry? Find(string node) => _shown is { } shown && shown.TryGet(node, out var found) ? DirectoryEntry.Of(found) : null;

    /// <summary>The compiler with this directory listening.</summary>
    public Func<SourceFolder, CompileResult> Listen(Func<SourceFolder, CompileResult> compile) => root =>
    {
        var result = compile(root);
        if (result is CompileResult.Compiled(var bundles, _))
        {
            _compiled = bundles;
        }

        return result;
    };

    /// <summary>The revision compiled last is the published one.</summary>
    public void Accept() => _shown = _compiled;
}
