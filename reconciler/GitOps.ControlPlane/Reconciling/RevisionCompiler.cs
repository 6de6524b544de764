using GitOps.ControlPlane.Git;
using GitOps.ControlPlane.Warm;
using GitOps.Platform.Files;
using GitOps.Reconciler.Compile;
using Microsoft.Extensions.Logging;

namespace GitOps.ControlPlane.Reconciling;

/// <summary>Compiles revisions, one after the other: what is equal in two of them is neither read nor rendered again.</summary>
public class RevisionCompiler
{
    private FleetCompilation _compilation = new();

    /// <summary>The tree of the newest revision; null before the first.</summary>
    protected SourceFolder? Root { get; private set; }

    /// <summary>The bundles of the newest revision that had no errors.</summary>
    protected FleetBundles? Bundles { get; private set; }

    public CompileResult Compile(SourceFolder root) => Take(root, () => _compilation.Apply([.. SourceFolder.Changes(Root, root)]));

    /// <summary>Begins with what another process kept, if it can.</summary>
    protected CompileResult Resume(WarmState state) =>
        Take(state.Root, () => _compilation.Resume([.. SourceFolder.Changes(null, state.Root)], state.Kept));

    /// <summary>What another process need not do again; after a revision without errors.</summary>
    protected WarmState Keep() => new(Root!, _compilation.Keep());

    private CompileResult Take(SourceFolder root, Func<CompileResult> compile)
    {
        try
        {
            var result = compile();
            Root = root;
            Bundles = (result as CompileResult.Compiled)?.Bundles ?? Bundles;
            return result;
        }
        catch
        {
            // Half of a revision may be taken over: the next one starts from nothing.
            (_compilation, Root, Bundles) = (new(), null, null);
            throw;
        }
    }
}

/// <summary>
/// The same, with a file that lets the next process begin where this one is. What it holds may be older: the difference is
/// read from Git and compiled like any other.
/// </summary>
/// <param name="smallest">Fleets of fewer nodes are compiled faster than they are read.</param>
public sealed class WarmCompiler(WarmFile file, ILogger logger, int smallest = 500) : RevisionCompiler
{
    private FleetBundles? _kept;
    private bool _isThere;

    /// <summary>The tree an earlier process got to, as the one this process begins with; null when it begins from nothing.</summary>
    public SourceFolder? Resume()
    {
        if (Root is not null)
        {
            return Root;
        }

        switch (file.Read())
        {
            case WarmReading.Read(var state) when Resume(state) is CompileResult.Compiled(var bundles, _):
                (_kept, _isThere) = (bundles, true);
                logger.Resumed(bundles.Count);
                return Root;
            case WarmReading.Useless(var because):
                logger.BeginsFromNothing(because);
                return null;
            default:
                return Root; // only a tree without errors is kept; if that happens all the same, it is one to begin with
        }
    }

    /// <summary>Writes the file when reading the one that is there would not save much any more. Costs what the fleet is.</summary>
    public void KeepWhenDue()
    {
        if (Bundles is not { } bundles || bundles.Count < smallest || ReferenceEquals(bundles, _kept) ||
            (_isThere && bundles.ChangedSince(_kept).Count < bundles.Count / 4) || Root!.AllFindings().Any())
        {
            return;
        }

        _kept = bundles; // not again for the same revision, whatever comes of it
        try
        {
            file.Write(Keep());
            _isThere = true;
        }
        catch (FileLayerException failure)
        {
            logger.NotKept(failure.Message); // the next start takes longer, nothing else
        }
    }
}
