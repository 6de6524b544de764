using System.Text.Json;
using GitOps.Cli.Output;
using GitOps.ControlPlane.Api;
using Spectre.Console;

namespace GitOps.Cli.Commands;

/// <summary>Follows the event stream: a live view on a terminal, one line per change elsewhere. Connects again when it is cut.</summary>
internal static class StatusWatch
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    public static async Task<int> RunAsync(ApiClient client, OutputFormat format, CancellationToken cancellationToken)
    {
        var first = await client.GetStatusAsync(cancellationToken);
        if (first is not ApiAnswer<StatusDocument>.Ok(var status))
        {
            return Problems.Print(first);
        }

        var nodes = new SortedDictionary<string, NodeSummary>(StringComparer.Ordinal);
        if (!Terminal.IsInteractive || format != OutputFormat.Table)
        {
            await FollowAsync(client, nodes, Line, cancellationToken);
            return ExitCode.Done;
        }

        await Terminal.Out.Live(View(status, nodes)).StartAsync(context => FollowAsync(
            client, nodes, change =>
            {
                status = change is ApiChange.Status(var newer) ? newer : status;
                context.UpdateTarget(View(status, nodes));
            }, cancellationToken));
        return ExitCode.Done;
    }

    private static Rows View(StatusDocument status, SortedDictionary<string, NodeSummary> nodes) =>
        new(StatusView.Fleet(status), StatusView.Nodes(nodes.Values));

    private static async Task FollowAsync(
        ApiClient client, SortedDictionary<string, NodeSummary> nodes, Action<ApiChange> show, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            if (await client.GetNodesAsync(new NodeQuery { Limit = NodeQuery.MaxLimit }, cancellationToken) is ApiAnswer<NodePage>.Ok(var page))
            {
                foreach (var node in page.Nodes)
                {
                    nodes[node.Name] = node;
                    show(new ApiChange.Node(node));
                }
            }

            try
            {
                await foreach (var change in client.WatchAsync(cancellationToken))
                {
                    if (change is ApiChange.Node(var summary))
                    {
                        nodes[summary.Name] = summary;
                    }

                    show(change);
                }
            }
            catch (Exception e) when (e is HttpRequestException or IOException)
            {
                Terminal.Error.MarkupLineInterpolated($"[grey]the control plane is away ({e.Message}); trying again[/]");
            }

            await Task.Delay(Pause, cancellationToken);
        }
    }

    /// <summary>For pipes: each change is one line of JSON.</summary>
    private static void Line(ApiChange change) => Console.Out.WriteLine(change switch
    {
        ApiChange.Status(var status) => JsonSerializer.Serialize(status, ApiJson.Default.StatusDocument),
        ApiChange.Node(var node) => JsonSerializer.Serialize(node, ApiJson.Default.NodeSummary),
        _ => throw new System.Diagnostics.UnreachableException($"{change}"),
    });
}
