using System.Collections.Immutable;
using GitOps.Bundles;
using GitOps.Manifests;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Rules;
using GitOps.Reconciler.Rendering;
using GitOps.Reconciler.Targeting;

namespace GitOps.Reconciler.Compile;

/// <summary>What a caller may choose; none of it changes the result.</summary>
public sealed record CompileOptions
{
    public static readonly CompileOptions Default = new();

    /// <summary>Answers for <see cref="ManifestParser.ParseFile"/>, e.g. from a cache by path and blob id.</summary>
    public Func<SourceFile, ParsedFile>? ParseFile { get; init; }

    /// <summary>How many threads may work; -1 leaves it to the runtime.</summary>
    public int MaxParallelism { get; init; } = -1;
}

/// <summary>
/// From a source tree to bundles, the middle of the reconciler's loop: parse → validate → render. Pure: the same files give
/// the same bytes and the same findings, in whatever order they come, on any machine, by any number of threads.
/// </summary>
public static class FleetCompiler
{
    public static CompileResult Compile(IReadOnlyList<SourceFile> files, CompileOptions? options = null)
    {
        options ??= CompileOptions.Default;
        var (manifest, parseFindings) = ManifestParser.Parse(new FleetSource(files), options.ParseFile);
        var findings = new FindingList();
        findings.AddRange(parseFindings);
        var rulesHold = findings.Errors == 0;

        // Templates are rendered even where a rule is broken, so that everything wrong is said at once. Without the Fleet, a
        // Site or a Secret, though, they would only complain of what is missing because of it.
        var nodes = HasAllThatTemplatesSee(manifest) ? Nodes(manifest, options) : [];
        findings.AddRange(Fold(nodes));
        if (rulesHold)
        {
            CheckClaims(nodes, findings);
        }

        return findings.Errors > 0
            ? new CompileResult.Rejected(findings.ToSorted())
            : new CompileResult.Compiled(
                new FleetBundles(manifest, nodes.Select(node => node.Bundle!), Blobs(nodes)), findings.ToSorted());
    }

    private static bool HasAllThatTemplatesSee(FleetManifest manifest)
    {
        var read = manifest.All.Count(resource => IsSeen(resource.Kind));
        return manifest.IsWhole && manifest.Fleet is not null && read == manifest.Declared.Count(declared => IsSeen(declared.Kind));
    }

    private static bool IsSeen(ResourceKind kind) =>
        kind is
        ResourceKind.Fleet or ResourceKind.Site or ResourceKind.NodeGroup or ResourceKind.EdgeNode or ResourceKind.Secret;

    private static CompiledNode[] Nodes(FleetManifest manifest, CompileOptions options)
    {
        var plans = FleetPlan.Of(manifest);
        var compiler = new NodeCompiler(new UnitCache(manifest), new BundleCache());
        var nodes = new CompiledNode[plans.Length];
        // Each writes its own place: what comes first does not show.
        Parallel.For(0, plans.Length, new ParallelOptions { MaxDegreeOfParallelism = options.MaxParallelism },
            static () => new RenderContext(),
            (i, _, context) =>
            {
                nodes[i] = compiler.Compile(plans[i], context);
                return context;
            },
            static _ => { });
        return nodes;
    }

    private static IEnumerable<Finding> Fold(CompiledNode[] nodes)
    {
        var fold = new FindingFold();
        foreach (var node in nodes)
        {
            fold.Add(node.Plan.Name, node.Findings);
        }

        // What is the same on all nodes is a matter of the resource and names no node.
        return nodes.SelectMany(node => node.Units).Where(unit => unit.IsForAll).SelectMany(unit => unit.Findings)
            .Distinct().Concat(fold.Folded());
    }

    /// <summary>What templates gave may collide where what is written does not.</summary>
    private static void CheckClaims(CompiledNode[] nodes, FindingList findings)
    {
        var claims = new NodeClaims(findings);
        foreach (var node in nodes)
        {
            foreach (var unit in node.Units)
            {
                foreach (var (claim, span) in unit.Claims)
                {
                    claims.Add(node.Plan.Name, Units.IdOf(unit.Resource)!.Value, claim, span);
                }
            }
        }

        claims.CheckBelowFiles();
    }

    private static ImmutableSortedDictionary<Digest, ReadOnlyMemory<byte>> Blobs(CompiledNode[] nodes)
    {
        var blobs = ImmutableSortedDictionary.CreateBuilder<Digest, ReadOnlyMemory<byte>>();
        foreach (var unit in nodes.SelectMany(node => node.Units).Distinct(ReferenceEqualityComparer.Instance).Cast<LoweredUnit>())
        {
            foreach (var (digest, bytes) in unit.Blobs)
            {
                blobs[digest] = bytes;
            }
        }

        return blobs.ToImmutable();
    }
}
