using System.Diagnostics;
using System.Globalization;
using GitOps.Bundles;

namespace GitOps.Manifests.Rules;

/// <summary>What a unit takes for itself on a node.</summary>
public abstract record NodeClaim
{
    private NodeClaim() { } // closed: every case is in this file

    /// <summary>A file: nothing else may be at or below it.</summary>
    public sealed record FilePath(string Path) : NodeClaim;

    /// <summary>A directory: nothing else may be at it, and files may be below it.</summary>
    public sealed record DirectoryPath(string Path) : NodeClaim;

    /// <summary>A TCP port it listens on.</summary>
    public sealed record Port(int Number) : NodeClaim;

    public sealed record UdpPort(int Number) : NodeClaim;
}

/// <summary>
/// Collects claims and reports where two units of a node make the same one. Used with what is written literally, and
/// again by the renderer with what templates gave. A pair of units is reported once, not for every node.
/// </summary>
public sealed class NodeClaims(FindingList findings)
{
    private readonly Dictionary<(string Node, string Claim), Claimed> _claims = [];
    private readonly HashSet<(UnitId, UnitId)> _reported = [];

    /// <summary>The place is that of the field that makes the claim.</summary>
    public void Add(string node, UnitId unit, NodeClaim claim, SourceSpan span)
    {
        var key = claim switch
        {
            NodeClaim.FilePath(var path) => path,
            NodeClaim.DirectoryPath(var path) => path,
            NodeClaim.Port(var number) => number.ToString(CultureInfo.InvariantCulture),
            NodeClaim.UdpPort(var number) => string.Create(CultureInfo.InvariantCulture, $"udp:{number}"),
            _ => throw new UnreachableException(),
        };
        if (_claims.TryGetValue((node, key), out var same))
        {
            Report(node, same, new(unit, claim, span), key);
            return;
        }

        _claims.Add((node, key), new(unit, claim, span));
    }

    /// <summary>Reports what lies below a file; call it when all claims are in.</summary>
    public void CheckBelowFiles()
    {
        foreach (var ((node, path), claimed) in _claims)
        {
            for (var end = claimed.Claim is NodeClaim.Port or NodeClaim.UdpPort ? 0
                : path.LastIndexOf('/'); end > 0; end = path.LastIndexOf('/', end - 1))
            {
                if (_claims.TryGetValue((node, path[..end]), out var above) && above.Claim is NodeClaim.FilePath)
                {
                    Report(node, above, claimed, path[..end]);
                }
            }
        }
    }

    private void Report(string node, Claimed first, Claimed second, string what)
    {
        if (first.Unit == second.Unit || !_reported.Add((first.Unit, second.Unit)))
        {
            return;
        }

        var isPort = second.Claim is NodeClaim.Port or NodeClaim.UdpPort;
        findings.Error(isPort ? ManifestCodes.PortClaimedTwice : ManifestCodes.PathClaimedTwice, second.Span,
            $"{second.Unit} and {first.Unit} ({first.Span}) both claim {(isPort ? "port " : "")}{what} on node '{node}'",
            isPort ? "use another port, or place them on different nodes"
                : "use another path, or place them on different nodes");
    }

    private sealed record Claimed(UnitId Unit, NodeClaim Claim, SourceSpan Span);
}
