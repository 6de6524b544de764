using System.Text.Json;
using GitOps.Manifests.Kinds;

namespace GitOps.Manifests.EdgeX;

/// <summary>Which names are taken in which EdgeX: two nodes that reach one by the same address mean the same, unless it is on the node itself.</summary>
internal sealed class EdgeXHoldings
{
    private readonly Dictionary<(string Node, string Metadata, EdgeXKind Kind, string Name), (string Owner, string Version)> _taken = [];
    private readonly FindingList _findings;

    /// <param name="others">What DeviceImports put there.</param>
    public EdgeXHoldings(IEnumerable<Resource<EdgeXSpec>> others, FindingList findings)
    {
        _findings = findings;
        foreach (var other in others)
        {
            using var objects = JsonDocument.Parse(other.Spec.Objects);
            foreach (var (member, kind) in new[] { ("devices", EdgeXKind.Device), ("profiles", EdgeXKind.Profile) })
            {
                foreach (var one in objects.RootElement.GetProperty(member).EnumerateArray())
                {
                    _taken.TryAdd((NodeOf(other.Spec.Node, other.Spec.Metadata), other.Spec.Metadata, kind, one.GetProperty("name"u8).GetString()!),
                        ($"the DeviceImport '{other.Name}'", ""));
                }
            }
        }
    }

    /// <param name="unit">Of the Devices that put there what follows.</param>
    public Holding Begin(string unit, string node, string metadata) => new(this, unit, NodeOf(node, metadata), node, metadata);

    private static string NodeOf(string node, string metadata) => EdgeXNames.IsShared(metadata) ? "" : node;

    /// <summary>What one unit puts into its EdgeX.</summary>
    internal sealed class Holding(EdgeXHoldings all, string unit, string scope, string node, string metadata)
    {
        /// <summary>False, with an error, when somebody else has the name there, or this unit has it with another meaning.</summary>
        /// <param name="version">The same name with the same version is the same object.</param>
        public bool Take(EdgeXKind kind, string name, string version, SourceSpan span)
        {
            var key = (scope, metadata, kind, name);
            var owner = $"the Devices of '{node}'";
            if (all._taken.TryAdd(key, (owner, $"{unit}\n{version}")) || all._taken[key].Version == $"{unit}\n{version}")
            {
                return true;
            }

            var what = kind == EdgeXKind.Device ? "device" : "profile";
            var other = all._taken[key].Owner;
            all._findings.Error(ManifestCodes.EdgeXNameTwice, span, other == owner
                    ? $"two of {other} would be the {what} '{Excerpt.Of(name)}' in the EdgeX at {metadata}, each in its own way"
                    : $"{owner} and {other} would both keep the {what} '{Excerpt.Of(name)}' in the EdgeX at {metadata}",
                kind == EdgeXKind.Device ? "rename one of them, or take it out of the other" : "rename the DeviceModel, or let one node keep this EdgeX");
            return false;
        }
    }
}
