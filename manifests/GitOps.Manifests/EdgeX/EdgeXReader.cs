using System.Collections.Immutable;
using GitOps.Manifests.Foreign;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.EdgeX;

/// <summary>
/// Reads documents of EdgeX as they are: what is old is upgraded and noted, what EdgeX refuses is an error, what it takes without
/// a word and gets wrong is a warning.
/// </summary>
internal static class EdgeXReader
{
    /// <summary>Only documents without errors.</summary>
    public static IEnumerable<ForeignDocument> Read(ImmutableArray<EdgeXDocument> documents, ForeignSyntax syntax, FindingList findings)
    {
        var changes = new Changes();
        NoteForm(documents[0], syntax, changes);
        var read = new List<ForeignDocument>();
        foreach (var document in documents)
        {
            if (Read(document, syntax, changes, findings) is { } found)
            {
                read.Add(found);
            }
        }

        changes.Report(EdgeXCodes.Upgraded, findings);
        foreach (var twice in read.GroupBy(document => (document.Kind, document.Name)).SelectMany(group => group.Skip(1)))
        {
            findings.Warning(EdgeXCodes.Twice, twice.Span, $"'{Excerpt.Of(twice.Name)}' is there twice, and EdgeX adds the first only", "rename one of them");
        }

        return read.DistinctBy(document => (document.Kind, document.Name));
    }

    private static ForeignDocument? Read(EdgeXDocument document, ForeignSyntax syntax, Changes changes, FindingList findings)
    {
        var upgraded = document.Node is YamlNode.Mapping map ? Upgraded(document.Kind, map, syntax, changes) : document.Node;
        var blames = EdgeXVerdicts.Blames(document with { Node = upgraded }, syntax, EdgeXVersion.V4);
        foreach (var blame in blames)
        {
            findings.Error(EdgeXCodes.Refused, blame.Span, $"{blame.Path}: {blame.Why}", blame.Fix);
        }

        if (blames.Count > 0 || upgraded is not YamlNode.Mapping tree)
        {
            return null;
        }

        var root = new ForeignObject(tree, syntax);
        EdgeXLint.Check(document.Kind, tree, syntax, findings);
        return new ForeignDocument(KindOf(document.Kind), root.Text("name"), root.SpanOf("name"), tree, syntax);
    }

    private static YamlNode.Mapping Upgraded(EdgeXKind kind, YamlNode.Mapping map, ForeignSyntax syntax, Changes changes) => kind switch
    {
        EdgeXKind.Profile => new ProfileUpgrade(syntax, changes).Apply(map),
        EdgeXKind.Device => new DeviceUpgrade(syntax, changes).Device(map),
        _ => new DeviceUpgrade(syntax, changes).Watcher(map),
    };

    private static void NoteForm(EdgeXDocument first, ForeignSyntax syntax, Changes changes)
    {
        if (syntax == ForeignSyntax.Toml)
        {
            changes.Add(first.Node.Span, "devices in TOML are of EdgeX 1 and 2; EdgeX 3 and 4 read them as YAML", "write them below 'deviceList:' in YAML");
        }
        else if (first is { Kind: EdgeXKind.Device, Form: EdgeXForm.Bare })
        {
            changes.Add(first.Node.Span, "one device is the whole file, as the C device services have it; those in Go read a list",
                syntax == ForeignSyntax.Json ? "put it into [ ]" : "put it below 'deviceList:'");
        }
    }

    private static ForeignKind KindOf(EdgeXKind kind) => kind switch
    {
        EdgeXKind.Profile => ForeignKind.EdgeXProfile,
        EdgeXKind.Device => ForeignKind.EdgeXDevice,
        _ => ForeignKind.EdgeXWatcher,
    };
}
