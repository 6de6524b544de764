using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using GitOps.Bundles;
using GitOps.Bundles.Reports;
using GitOps.ControlPlane.Api;
using GitOps.Reconciler.Diffing;

namespace GitOps.Cli.Sources;

/// <summary>Asks a control plane what it knows of the nodes a preview is about.</summary>
internal static class NodeOutlooks
{
    /// <summary>Of more changed nodes than this the first by name are asked about: a preview is no inventory.</summary>
    public const int MaxNodes = 500;

    private const int AtOnce = 8;

    /// <summary>Nodes the control plane does not know are left out; the first answer that fails ends it.</summary>
    public static async Task<(IReadOnlyDictionary<string, NodeOutlook> Outlooks, Problem? Problem)> AskAsync(
        ApiClient client, IEnumerable<string> nodes, CancellationToken cancellationToken)
    {
        var outlooks = new ConcurrentDictionary<string, NodeOutlook>(StringComparer.Ordinal);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Problem? problem = null;
        try
        {
            await Parallel.ForEachAsync(nodes.Take(MaxNodes), new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = stop.Token },
                async (node, token) =>
                {
                    switch (await client.GetNodeAsync(node, token))
                    {
                        case ApiAnswer<NodeDocument>.Ok(var document):
                            outlooks[node] = new NodeOutlook(document.Summary.Online, ReadReport(document.Report));
                            break;
                        case ApiAnswer<NodeDocument>.Refused(404, _):
                            break;
                        case ApiAnswer<NodeDocument>.Refused(_, var refused):
                            problem = refused;
                            await stop.CancelAsync();
                            break;
                        case ApiAnswer<NodeDocument>.Unreachable(var unreachable):
                            problem = unreachable;
                            await stop.CancelAsync();
                            break;
                    }
                });
        }
        catch (OperationCanceledException) when (problem is not null)
        {
            // The problem says why.
        }

        return (outlooks, problem);
    }

    private static NodeReport? ReadReport(JsonElement? report) =>
        report is { } json ? ReportJson.TryReadReport(Encoding.UTF8.GetBytes(json.GetRawText())) : null;
}
