using GitOps.Manifests;
using GitOps.Reconciler.Compile;

namespace GitOps.ControlPlane.Hosting;

/// <summary>What Git says of a node beside its bundle.</summary>
internal sealed record DirectoryEntry(IReadOnlyDictionary<string, string> Labels, string? Site);

/// <summary>
/// The nodes of the published revision with their labels, for people. It listens in on the compiler: what was compiled last
/// is shown once it is accepted, a held revision is not. Thread-safe.
/// </summary>
internal sealed class FleetDirectory
{
    private static readonly IReadOnlyDictionary<string, DirectoryEntry> None = new Dictionary<string, DirectoryEntry>();
    private volatile IReadOnlyDictionary<string, DirectoryEntry> _shown = None;
    private volatile IReadOnlyDictionary<string, DirectoryEntry> _compiled = None;

    public IReadOnlyDictionary<string, DirectoryEntry> Nodes => _shown;

    /// <summary>The compiler with this directory listening.</summary>
    public Func<IReadOnlyList<SourceFile>, CompileResult> Listen(Func<IReadOnlyList<SourceFile>, CompileResult> compile) => files =>
    {
        var result = compile(files);
        if (result is CompileResult.Compiled(var bundles, _))
        {
            _compiled = Read(bundles);
        }

        return result;
    };

    /// <summary>The revision compiled last is the published one.</summary>
    public void Accept() => _shown = _compiled;

    private static Dictionary<string, DirectoryEntry> Read(FleetBundles bundles) =>
        bundles.Manifest.NodeIndex.Nodes.ToDictionary(
            node => node.Name,
            node => new DirectoryEntry(
                node.Labels.All.ToDictionary(label => label.Key, label => label.Value, StringComparer.Ordinal), node.Resource.Spec.Site),
            StringComparer.Ordinal);
}
