using GitOps.ControlPlane.Git;
using GitOps.Reconciler.Compile;

namespace GitOps.ControlPlane.Reconciling;

/// <summary>Compiles revisions, one after the other: what is equal in two of them is neither read nor rendered again.</summary>
public sealed class RevisionCompiler
{
    private FleetCompilation _compilation = new();
    private SourceFolder? _root;

    public CompileResult Compile(SourceFolder root)
    {
        try
        {
            var result = _compilation.Apply([.. SourceFolder.Changes(_root, root)]);
            _root = root;
            return result;
        }
        catch
        {
            // Half of a revision may be taken over: the next one starts from nothing.
            (_compilation, _root) = (new(), null);
            throw;
        }
    }
}
