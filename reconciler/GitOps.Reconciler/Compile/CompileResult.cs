using System.Collections.Immutable;
using GitOps.Manifests;

namespace GitOps.Reconciler.Compile;

/// <summary>What became of a source tree: bundles for every node, or for none.</summary>
public abstract record CompileResult
{
    private CompileResult() { } // closed: every case is in this file

    /// <summary>Every node has a bundle. <paramref name="Warnings"/> are sorted and hold no error.</summary>
    public sealed record Compiled(FleetBundles Bundles, ImmutableArray<Finding> Warnings) : CompileResult;

    /// <summary>Nothing is published. <paramref name="Findings"/> are sorted and hold at least one error.</summary>
    public sealed record Rejected(ImmutableArray<Finding> Findings) : CompileResult;
}
