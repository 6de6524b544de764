using System.Collections.Immutable;
using GitOps.Manifests.EdgeX;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Foreign;

/// <summary>Every device that a DeviceImport speaks of is one of those it imports: a misspelt name would have no effect, and nobody would know.</summary>
internal static class ImportedNames
{
    public static void Check(IReadOnlyList<Resource<DeviceImportSpec>> imports, IReadOnlyList<ForeignDocument> documents, FindingList findings)
    {
        foreach (var import in imports)
        {
            var its = documents.Where(document => document.Kind is ForeignKind.EdgeXDevice or ForeignKind.KubeEdgeDevice && ForeignFleet.IsCovered(document, import.Spec))
                .GroupBy(document => document.Name, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.First().Kind, StringComparer.Ordinal);
            if (its.Count == 0)
            {
                continue; // it has a finding of its own
            }

            foreach (var entry in Entries(import, "desired"))
            {
                if (its.TryGetValue(entry.Key, out var kind) && kind == ForeignKind.KubeEdgeDevice)
                {
                    findings.Error(EdgeXCodes.UnknownName, entry.KeySpan, $"'{Excerpt.Of(entry.Key)}' is a device of KubeEdge, and has its desired values in its own file",
                        "write 'desired' of its property there");
                }

                Find(entry);
            }

            foreach (var entry in Entries(import, "upstream").Where(entry => entry.Key != ImportedValues.Every))
            {
                Find(entry);
            }

            if (import.Tree.TryGet("devices", out var listed) && listed is YamlNode.Sequence names)
            {
                foreach (var name in names.Items.OfType<YamlNode.Scalar>())
                {
                    Report(name.Text, name.Span);
                }
            }

            void Find(YamlEntry entry) => Report(entry.Key, entry.KeySpan);

            void Report(string name, SourceSpan span)
            {
                if (!its.ContainsKey(name))
                {
                    findings.Error(EdgeXCodes.UnknownName, span, $"'{import.Name}' imports no device '{Excerpt.Of(name)}'",
                        Spelling.Nearest(name, its.Keys) is { } near ? $"did you mean '{near}'?" : "correct the name as the device's own file has it, or remove it");
                }
            }
        }
    }

    private static ImmutableArray<YamlEntry> Entries(Resource<DeviceImportSpec> import, string field) =>
        import.Tree.TryGet(field, out var node) && node is YamlNode.Mapping map ? map.Entries : [];
}
