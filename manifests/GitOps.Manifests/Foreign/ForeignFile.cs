using System.Collections.Immutable;
using System.Text;
using GitOps.Manifests.EdgeX;
using GitOps.Manifests.KubeEdge;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Foreign;

/// <summary>
/// Reads a file of another system. Whether it is one shows first in its words, cheaply, and then in its structure: most files of
/// a repository are neither.
/// </summary>
internal static class ForeignFile
{
    private static readonly string[] YamlWords =
        ["deviceResources:", "deviceCommands:", "deviceList:", "discoveredDevice:", "blockingIdentifiers:", "identifiers:", "profileName:", "protocols:", KubeEdgeTypes.Group];

    private static readonly string[] JsonWords =
        ["\"deviceResources\"", "\"deviceCommands\"", "\"deviceList\"", "\"discoveredDevice\"", "\"profileName\"", "\"protocols\"", "\"identifiers\""];

    private static readonly string[] TomlWords = ["[[DeviceList]]", "[[deviceList]]", "[[Device.DeviceList]]"];

    /// <summary>Only for a file that <see cref="IsRead"/>. Null when it is none of another system.</summary>
    public static ParsedFile? Parse(SourceFile file, YamlLimits limits)
    {
        if (!Looks(file))
        {
            return null;
        }

        var findings = new FindingList();
        var documents = file.Path switch
        {
            _ when file.Path.EndsWith(".json", StringComparison.Ordinal) => One(JsonTree.Read(file, limits, out var broken), broken, ForeignSyntax.Json, findings),
            _ when file.Path.EndsWith(".toml", StringComparison.Ordinal) => One(TomlTree.Read(file, limits, out var broken), broken, ForeignSyntax.Toml, findings),
            _ => FromYaml(file, limits, findings),
        };
        return documents is null ? null
            : new ParsedFile(file.Path, [], [], findings.Errors == 0, findings.ToSorted()) { Foreign = [.. documents] };
    }

    /// <summary>JSON and TOML are data unless they are of another system; everything YAML has to be something.</summary>
    public static bool IsRead(string path) =>
        path.EndsWith(".json", StringComparison.Ordinal) || path.EndsWith(".toml", StringComparison.Ordinal);

    private static bool Looks(SourceFile file)
    {
        var bytes = file.Bytes.Span;
        if (file.Path.EndsWith(".json", StringComparison.Ordinal))
        {
            return Holds(bytes, JsonWords);
        }

        return file.Path.EndsWith(".toml", StringComparison.Ordinal) ? Holds(bytes, TomlWords)
            : bytes.IndexOf(Encoding.UTF8.GetBytes(ManifestFile.ApiVersion)) < 0 && Holds(bytes, YamlWords);
    }

    private static bool Holds(ReadOnlySpan<byte> bytes, string[] words)
    {
        foreach (var word in words)
        {
            if (bytes.IndexOf(Encoding.UTF8.GetBytes(word)) >= 0)
            {
                return true;
            }
        }

        return false;
    }

    private static IEnumerable<ForeignDocument>? FromYaml(SourceFile file, YamlLimits limits, FindingList findings)
    {
        var reading = new FindingList();
        var documents = YamlReader.ReadForeign(file, limits, reading);
        var kubeEdge = documents.Where(KubeEdgeVerdicts.IsOne).ToList();
        if (reading.Errors > 0)
        {
            ReportBroken(file, reading, kubeEdge.Count > 0, findings);
            return [];
        }

        if (kubeEdge.Count > 0)
        {
            return kubeEdge.Count == documents.Length ? KubeEdgeReader.Read(kubeEdge, findings) : null;
        }

        var tree = documents.FirstOrDefault(document => !Shapes.Nodes.IsNull(document));
        if (documents.Length > 1 && tree is not null && EdgeXFile.Find(tree).Length > 0)
        {
            findings.Warning(EdgeXCodes.Ignored, documents[1].Span, "EdgeX reads only the first document of a file", "put this one into a file of its own");
        }

        return One(tree, null, ForeignSyntax.Yaml, findings);
    }

    private static void ReportBroken(SourceFile file, FindingList reading, bool isKubeEdge, FindingList findings)
    {
        var first = reading.ToSorted()[0];
        var text = Encoding.UTF8.GetString(file.Bytes.Span);
        var braces = text.IndexOf("{{", StringComparison.Ordinal);
        if (braces >= 0)
        {
            var before = text.AsSpan(0, braces);
            var place = new SourceSpan(file.Path, before.Count('\n') + 1, braces - before.LastIndexOf('\n'));
            findings.Error(EdgeXCodes.Template, place, "the file is a template of Helm or Go, not a document",
                "render it ('helm template') and commit what comes out");
            return;
        }

        findings.Error(isKubeEdge ? KubeEdgeCodes.Refused : EdgeXCodes.Broken, first.Span, first.What, first.Fix);
    }

    private static IEnumerable<ForeignDocument>? One(
        YamlNode? tree, (SourceSpan Span, string Why)? broken, ForeignSyntax syntax, FindingList findings)
    {
        if (broken is var (span, why))
        {
            findings.Error(EdgeXCodes.Broken, span, $"it breaks here: {why}", "correct it; EdgeX does not read it either");
            return [];
        }

        var documents = tree is null ? [] : EdgeXFile.Find(syntax == ForeignSyntax.Toml ? Below(tree) : tree);
        return documents.IsEmpty ? null : EdgeXReader.Read(documents, syntax, findings);
    }

    // A configuration.toml of EdgeX 1 holds its devices among much else.
    private static YamlNode Below(YamlNode tree) =>
        new ForeignObject(tree, ForeignSyntax.Toml).Object("Device").Node("DeviceList") is { } list
            ? TreeEdit.Map(list.Span, ("deviceList", list))
            : tree;
}
