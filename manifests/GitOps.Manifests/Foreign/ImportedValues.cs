using GitOps.Manifests.EdgeX;
using GitOps.Manifests.Kinds;
using GitOps.Manifests.Yaml;

namespace GitOps.Manifests.Foreign;

/// <summary>What a DeviceImport says of values that go up, as one of its devices has it.</summary>
internal static class ImportedValues
{
    /// <summary>Every device that has such properties.</summary>
    public const string Every = "*";

    /// <summary>The trees for 'upstream' and 'upstreamBuffer'; null where nothing of the device goes up.</summary>
    /// <param name="device">Its name in its own system.</param>
    public static (YamlNode? Upstream, YamlNode? Buffer) Of(Resource<DeviceImportSpec> import, string device, Translated model)
    {
        if (!import.Tree.TryGet("upstream", out var all) || all is not YamlNode.Mapping byDevice)
        {
            return (null, null);
        }

        if (!byDevice.TryGet(device, out var upstream) && byDevice.TryGet(Every, out var every) && every is YamlNode.Mapping rules)
        {
            var known = EdgeXDevices.Readable(model);
            var its = rules.Entries.Where(entry => known.Contains(entry.Key)).ToList();
            upstream = its.Count == 0 ? null : rules with { Entries = [.. its] };
        }

        return (upstream, upstream is not null && import.Tree.TryGet("upstreamBuffer", out var buffer) ? buffer : null);
    }
}
