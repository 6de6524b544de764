using GitOps.ControlPlane.Git;
using GitOps.Manifests;
using GitOps.Reconciler.Compile;

namespace GitOps.Benchmarks.Compile;

/// <summary>Takes the result of a step that must not fail here: a generated fleet is valid and its repository sound.</summary>
internal static class Revisions
{
    public static SourceFolder Expect(SourceReading reading) => reading is SourceReading.Read(var root, { IsEmpty: true })
        ? root
        : throw new InvalidOperationException($"a generated tree cannot be read: {reading}");

    public static FleetBundles Expect(CompileResult result) => result is CompileResult.Compiled(var bundles, _)
        ? bundles
        : throw new InvalidOperationException(
            $"a generated fleet does not compile: {((CompileResult.Rejected)result).Findings.First().ToText()}");

    public static string Expect(FetchOutcome outcome) => outcome is FetchOutcome.Fetched(var commit)
        ? commit
        : throw new InvalidOperationException($"a repository of our own cannot be fetched: {((FetchOutcome.Failed)outcome).Problem}");

    public static IReadOnlyList<SourceFile> Files(SourceFolder root) => [.. root.AllFiles()];

    /// <summary>Everything a revision gives to nodes, once each.</summary>
    public static IReadOnlyList<ReadOnlyMemory<byte>> Outputs(FleetBundles bundles) =>
        [.. bundles.Nodes.DistinctBy(node => node.Digest).Select(node => node.Bytes), .. bundles.Blobs.Values];
}
