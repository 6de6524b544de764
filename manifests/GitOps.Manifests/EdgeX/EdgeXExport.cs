using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using GitOps.Manifests.Foreign;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.EdgeX;

/// <summary>
/// What an EdgeX holds, as files that its device services would read too, and a DeviceImport that keeps it so. What EdgeX gives
/// itself is left out, and what says nothing: applied again, the files change nothing but the label that tells whose all of it is.
/// </summary>
public static class EdgeXExport
{
    /// <summary>Of the agent: told anew where the files are applied.</summary>
    private const string MarkPrefix = "gitops:";

    private static readonly string[] Given = ["id", "created", "modified", "apiVersion", "operatingState", "lastConnected", "lastReported", "notify"];

    /// <param name="documents">Profiles, devices and watchers, as core-metadata says them.</param>
    /// <param name="name">Of the DeviceImport.</param>
    /// <param name="node">The node that the EdgeX is on or near.</param>
    /// <returns>Paths relative to one folder, sorted; and what the readers of such files say about them.</returns>
    public static (ImmutableArray<SourceFile> Files, ImmutableArray<Finding> Findings) Write(
        IReadOnlyList<(EdgeXKind Kind, JsonElement Document)> documents, string name, string node, string metadata, string command)
    {
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var trees = documents.Select(one => (one.Kind, Tree: Tree(one.Kind, one.Document))).Where(one => NameOf(one.Tree).Length > 0).ToList();
        foreach (var (kind, folder) in new[] { (EdgeXKind.Profile, "profiles"), (EdgeXKind.Watcher, "watchers") })
        {
            var own = trees.Where(one => one.Kind == kind).Select(one => one.Tree).ToList();
            var names = ForeignNames.OfResources(own.Select(NameOf));
            foreach (var tree in own)
            {
                files[$"{folder}/{names[NameOf(tree)]}.yaml"] = YamlWriter.Write(tree);
            }
        }

        var devices = trees.Where(one => one.Kind == EdgeXKind.Device).Select(one => one.Tree).ToList();
        var services = ForeignNames.OfResources(devices.Select(device => Text(device, "serviceName")).Where(service => service.Length > 0));
        foreach (var group in devices.GroupBy(device => Text(device, "serviceName")).Where(group => group.Key.Length > 0))
        {
            var list = TreeEdit.Map(default, ("deviceList", TreeEdit.List(default, group.OrderBy(NameOf, StringComparer.Ordinal))));
            files[$"devices/{services[group.Key]}.yaml"] = YamlWriter.Write(list);
        }

        var findings = new FindingList();
        foreach (var (path, text) in files)
        {
            findings.AddRange(ForeignFile.Parse(new SourceFile(path, Encoding.UTF8.GetBytes(text)), Limits)?.Findings ?? []);
        }

        files["import.yaml"] = Import([.. files.Keys.Select(path => path.Split('/')[0]).Distinct()], name, node, metadata, command);
        return ([.. files.Select(file => new SourceFile(file.Key, Encoding.UTF8.GetBytes(file.Value)))], findings.ToSorted());
    }

    private static YamlLimits Limits => YamlLimits.Default with { MaxBytes = 64 << 20 };

    private static string Import(IReadOnlyList<string> folders, string name, string node, string metadata, string command)
    {
        var place = default(SourceSpan);
        return YamlWriter.Write(TreeEdit.Map(place,
            ("apiVersion", TreeEdit.Text(place, ManifestFile.ApiVersion)),
            ("kind", TreeEdit.Text(place, nameof(ResourceKind.DeviceImport))),
            ("metadata", TreeEdit.Map(place, ("name", TreeEdit.Text(place, name)))),
            ("spec", TreeEdit.Map(place,
                ("node", TreeEdit.Text(place, node)),
                ("from", TreeEdit.List(place, folders.Select(folder => TreeEdit.Text(place, $"./{folder}")))),
                ("backend", TreeEdit.Map(place, ("edgex", TreeEdit.Map(place,
                    ("metadata", TreeEdit.Text(place, metadata)),
                    ("command", TreeEdit.Text(place, command)),
                    ("adopt", TreeEdit.Plain(place, "true"))))))))));
    }

    private static YamlNode.Mapping Tree(EdgeXKind kind, JsonElement document)
    {
        var file = new SourceFile("answer.json", Encoding.UTF8.GetBytes(document.GetRawText()));
        if (JsonTree.Read(file, Limits, out _) is not YamlNode.Mapping tree)
        {
            return YamlNode.Mapping.Empty;
        }

        var said = (YamlNode.Mapping?)Said(tree.Without(ForeignSyntax.Json, Given), EdgeXTypes.Of(kind)) ?? YamlNode.Mapping.Empty;
        // The state of a device is its operator's; EdgeX asks for that of a watcher.
        said = kind == EdgeXKind.Device && Text(said, "adminState") == "UNLOCKED" ? said.Without(ForeignSyntax.Json, "adminState") : said;
        var isNamed = kind != EdgeXKind.Device || said.Find("protocols", ForeignSyntax.Json) is not null;
        return isNamed ? said : said.With(ForeignSyntax.Json, "protocols", YamlNode.Mapping.Empty); // EdgeX 4 takes none, but wants that said
    }

    // Null for what says nothing. What only drivers understand stays as it is.
    private static YamlNode? Said(YamlNode node, ForeignType type) => (type, node) switch
    {
        (_, YamlNode.Scalar { IsPlain: true, Text: "null" }) => null,
        (ForeignType.Structure structure, YamlNode.Mapping map) => OfStructure(map, structure),
        (ForeignType.List(var item), YamlNode.Sequence list) => list.Items.Select(one => Said(one, item)).OfType<YamlNode>().ToList() is { Count: > 0 } items
            ? TreeEdit.List(default, items)
            : null,
        (ForeignType.Scalar(ScalarType.Text, _), YamlNode.Scalar { Text: var text }) =>
            text.Length == 0 || text.StartsWith(MarkPrefix, StringComparison.Ordinal) ? null : node,
        (ForeignType.Scalar(ScalarType.Boolean, _), YamlNode.Scalar { Text: "false" }) => null,
        (_, YamlNode.Mapping { Entries.IsEmpty: true } or YamlNode.Sequence { Items.IsEmpty: true }) => null,
        _ => node,
    };

    private static YamlNode.Mapping? OfStructure(YamlNode.Mapping map, ForeignType.Structure structure)
    {
        var owner = new ForeignObject(map, ForeignSyntax.Json);
        List<(string, YamlNode?)> fields = [];
        foreach (var field in structure.Fields)
        {
            // Of these EdgeX writes a zero where nothing was said.
            var isNothing = field.Name is "onChangeThreshold" or "maxCap" or "minCap" && owner.Number(field.Name) == 0;
            if (!isNothing && owner.Node(field.Name) is { } value && Said(value, field.Type) is { } said)
            {
                fields.Add((field.Name, said));
            }
        }

        return fields.Count == 0 ? null : TreeEdit.Map(default, fields);
    }

    private static string NameOf(YamlNode.Mapping tree) => Text(tree, "name");

    private static string Text(YamlNode.Mapping tree, string key) => (tree.Find(key, ForeignSyntax.Json) as YamlNode.Scalar)?.Text ?? "";
}
