using GitOps.Manifests.Foreign;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.KubeEdge;

/// <summary>
/// What a mapper is told, as KubeEdge brings it there: single values. EdgeCore sends mappings and lists in a form that the mapper
/// framework drops without a word, so they are named here instead.
/// </summary>
internal static class KubeEdgeMapper
{
    public static YamlNode.Mapping? Settings(ForeignObject config, string whose, FindingList findings)
    {
        List<(string, YamlNode?)> settings = [];
        foreach (var entry in config.Entries)
        {
            switch (entry.Value)
            {
                case YamlNode.Scalar { IsPlain: true, Text: "" or "null" or "~" }:
                    break;
                case YamlNode.Scalar value:
                    settings.Add((entry.Key, value));
                    break;
                default:
                    findings.Warning(KubeEdgeCodes.LeftOut, entry.KeySpan,
                        $"left out: '{Excerpt.Of(entry.Key)}' in {whose} holds more than a single value, which mappers drop",
                        "write its members as values of their own, if the mapper reads such, or remove it");
                    break;
            }
        }

        return settings.Count == 0 ? null : TreeEdit.Map(config.SpanOf(settings[0].Item1), settings);
    }
}
