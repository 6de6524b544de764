using GitOps.Agent.Devices.EdgeX;
using GitOps.Agent.Planning;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Host.Devices.EdgeX;

/// <summary>Puts the parts that converge an EdgeX together.</summary>
public static class EdgeXUnits
{
    /// <param name="contents">Fills what is desired, and headers with secrets of the node.</param>
    public static (IUnitKind Kind, EdgeXDriver Driver) Create(
        string node, Func<EquatableArray<ContentPart>, (byte[]? Bytes, Problem? Missing)> contents, TimeProvider time, Random random)
    {
        var driver = new EdgeXDriver(node, contents, time, random);
        return (new UnitKind<EdgeXState, EdgeXStep>(UnitKinds.EdgeX, new EdgeXPlanner(), driver), driver);
    }
}
