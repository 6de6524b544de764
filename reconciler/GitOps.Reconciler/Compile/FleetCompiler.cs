using GitOps.Manifests;
using GitOps.Manifests.State;

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
    /// <summary>Compiles a whole tree; to compile one revision after another, keep a <see cref="FleetCompilation"/>.</summary>
    public static CompileResult Compile(IReadOnlyList<SourceFile> files, CompileOptions? options = null) =>
        new FleetCompilation().Apply(SourceChange.From(files), options);
}
