using GitOps.Manifests.Foreign;
using GitOps.Manifests.State;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests;

/// <summary>
/// From a source tree to the fleet it describes, with everything that is wrong with it. Pure and deterministic.
/// </summary>
public static class ManifestParser
{
    /// <summary>Reads one file. A cache may keep the answer by (path, blob id).</summary>
    public static ParsedFile ParseFile(SourceFile file, YamlLimits? limits = null) =>
        ManifestFile.Parse(file, limits ?? YamlLimits.Default);

    /// <summary>
    /// Reads and checks a whole tree. <paramref name="parseFile"/> may answer from a cache; it must give what
    /// <see cref="ParseFile"/> gives.
    /// </summary>
    public static ParsedFleet Parse(FleetSource source, Func<SourceFile, ParsedFile>? parseFile = null)
    {
        var fleet = new FleetState();
        fleet.Apply(SourceChange.From(source.Files), parseFile);
        return new(fleet.Manifest, fleet.Findings().ToSorted());
    }
}

/// <summary>Which files of a tree are read as manifests.</summary>
internal static class ManifestPaths
{
    /// <summary>
    /// A YAML file, or a JSON or TOML file that may be of another system, with no part of its path beginning with a dot (.github and the like).
    /// </summary>
    public static bool IsManifest(string path) =>
        (path.EndsWith(".yaml", StringComparison.Ordinal) || path.EndsWith(".yml", StringComparison.Ordinal) || ForeignFile.IsRead(path)) &&
        !path.StartsWith('.') && !path.Contains("/.", StringComparison.Ordinal);
}
