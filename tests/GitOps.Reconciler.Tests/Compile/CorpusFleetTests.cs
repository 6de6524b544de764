using GitOps.Manifests;
using GitOps.Manifests.Foreign;
using GitOps.Reconciler.Compile;
using GitOps.TestKit;

namespace GitOps.Reconciler.Tests.Compile;

/// <summary>A fleet of real EdgeX and KubeEdge files, as they were published: each repository and release is an EdgeX of its own.</summary>
public sealed class CorpusFleetTests
{
    private static readonly string[] Folders = ["edgex-profiles", "edgex-devices", "edgex-watchers", "kubeedge-devices"];

    [Fact]
    public void Real_files_compile_unchanged()
    {
        var files = Readable().ToList();

        var compiled = Compile(files);
        var missing = Missing(compiled);
        compiled = Compile([.. files.Where(file => !missing.Contains(file.Path))]);

        Assert.True(compiled is CompileResult.Compiled, compiled is CompileResult.Rejected(var findings) ? Errors(findings) : "");
        var bundles = ((CompileResult.Compiled)compiled).Bundles;
        var devices = bundles.Nodes.Single().Bundle.Units.Count;
        Assert.True(files.Count > 130 && devices >= 7, $"{files.Count} files, {devices} devices");
        Assert.True(missing.Count <= 8, string.Join(", ", missing)); // whose profile is in no file of the corpus, or that are there twice
    }

    [Fact]
    public void Whatever_EdgeX_and_KubeEdge_take_we_take()
    {
        var readable = Readable().Select(file => file.Path.Split('/')[^1]).ToHashSet(StringComparer.Ordinal);
        var taken = Corpus.Table("VERDICTS.tsv").Where(row => row[3] == "ACCEPT" && !row[0].StartsWith("edgex-probes", StringComparison.Ordinal)).Select(row => row[0].Split('/')[1])
            .Concat(Corpus.Table("KUBEEDGE_VERDICTS.tsv").Where(row => row[4] == "VALID").Select(row => row[0]))
            .Where(name => !name.EndsWith(".example", StringComparison.Ordinal));

        Assert.Equal([], taken.Except(readable));
    }

    private static string Errors(IEnumerable<Finding> findings) =>
        string.Concat(findings.Where(finding => finding.Severity == Severity.Error).Select(finding => finding.ToText() + "\n"));

    private static CompileResult Compile(IReadOnlyList<SourceFile> files)
    {
        var imports = files.Where(HasDevices).Select(file => file.Path.Split('/')[0]).Distinct().Select((folder, i) => Trees.Resource("DeviceImport", $"i{i}", $$"""
            node: n1
            from: [{{folder}}]
            leave: ["*", discovery]
            broker: mqtt://127.0.0.1:1883
            prefix: e{{i}}
            """));
        return FleetCompiler.Compile([.. Trees.OneNode([.. imports]), .. files]);
    }

    private static bool HasDevices(SourceFile file) => ManifestParser.ParseFile(file).Foreign
        .Any(document => document.Kind is not (ForeignKind.EdgeXProfile or ForeignKind.KubeEdgeModel));

    private static HashSet<string> Missing(CompileResult result) => result is CompileResult.Rejected(var findings)
        ? [.. findings.Where(finding => finding.Severity == Severity.Error && finding.Code.Id is "EDX032" or "KED032" or "MAN031").Select(finding => finding.Span.File)]
        : [];

    // What cannot be read even when old is broken upstream as well: another test holds that against the verdicts.
    private static IEnumerable<SourceFile> Readable()
    {
        foreach (var path in Folders.SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Corpus.Folder(), folder))).Where(path => !path.EndsWith(".example", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            var name = Path.GetFileName(path);
            var file = new SourceFile($"{name.Split("__")[0].Replace('@', '-').Replace('.', '-')}/{name}", File.ReadAllBytes(path));
            var parsed = ManifestParser.ParseFile(file);
            if (parsed.Foreign.Length > 0 && !parsed.Findings.Any(finding => finding.Severity == Severity.Error))
            {
                yield return file;
            }
        }
    }
}
