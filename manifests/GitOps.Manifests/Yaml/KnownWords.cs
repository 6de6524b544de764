using System.Collections.Frozen;

namespace GitOps.Manifests.Yaml;

/// <summary>One string for words that a large fleet repeats a hundred thousand times.</summary>
internal static class KnownWords
{
    private const int Longest = 20;

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> Words = new[]
    {
        "apiVersion", "kind", "metadata", "spec", "name", "labels", "annotations", "values", "site", "architecture", "capabilities",
        "suspend", "reason", "placement", "matchLabels", "matchExpressions", "nodes", "all", "true", "false", "amd64", "arm64",
        "gitops.edge/v1", "Fleet", "Site", "EdgeNode", "NodeGroup", "Workload", "ConfigFile", "DeviceModel", "Device", "Volume", "VolumeSync",
        "TimeSync", "Secret", "role", "line", "node", "model", "connection", "host", "port", "unitId", "desired", "value", "apply",
        "hold", "once", "tolerance", "path", "source", "content", "timeZone", "priority", "selector", "requires", "number", "contact",
    }.ToFrozenSet(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();

    public static string Of(ReadOnlySpan<char> text) =>
        text.Length <= Longest && Words.TryGetValue(text, out var known) ? known : text.ToString();
}
