using System.CommandLine;
using System.Text.Json;
using GitOps.Cli.Output;
using GitOps.ControlPlane.Api;
using Spectre.Console;

namespace GitOps.Cli.Commands;

/// <summary><c>gitops status [NODE]</c>: where the fleet or one node stands, once or live.</summary>
internal static class StatusCommand
{
    public static Command Create()
    {
        var node = new Argument<string?>("node") { Description = "one node in detail", Arity = ArgumentArity.ZeroOrOne };
        var watch = new Option<bool>("--watch", "-w") { Description = "stay, and show changes as they come" };
        var output = Outputs.Option();
        var reach = new ControlPlaneOptions();
        var command = new Command("status", "Show where the fleet stands: revision, rollout, every node") { node, watch, output };
        reach.AddTo(command);
        command.SetAction((parsed, cancellationToken) => reach.WithClientAsync(
            parsed,
            client => (parsed.GetValue(node), parsed.GetValue(watch)) switch
            {
                ({ } name, _) => NodeAsync(client, name, parsed.GetValue(output), cancellationToken),
                (null, true) => StatusWatch.RunAsync(client, parsed.GetValue(output), cancellationToken),
                _ => FleetAsync(client, parsed.GetValue(output), cancellationToken),
            }));
        return command;
    }

    private static async Task<int> FleetAsync(ApiClient client, OutputFormat format, CancellationToken cancellationToken)
    {
        var status = await client.GetStatusAsync(cancellationToken);
        if (status is not ApiAnswer<StatusDocument>.Ok(var document))
        {
            return Problems.Print(status);
        }

        var nodes = await client.GetNodesAsync(new NodeQuery { Limit = NodeQuery.MaxLimit }, cancellationToken);
        if (nodes is not ApiAnswer<NodePage>.Ok(var page))
        {
            return Problems.Print(nodes);
        }

        if (format != OutputFormat.Table)
        {
            format.Write(JsonDocuments.Write(writer =>
            {
                writer.WriteStartObject();
                writer.WritePropertyName("status");
                JsonSerializer.Serialize(writer, document, ApiJson.Default.StatusDocument);
                writer.WritePropertyName("nodes");
                JsonSerializer.Serialize(writer, page, ApiJson.Default.NodePage);
                writer.WriteEndObject();
            }));
            return ExitCode.Done;
        }

        Terminal.Out.Write(StatusView.Fleet(document));
        Terminal.Out.Write(StatusView.Nodes(page.Nodes));
        if (page.Next is not null)
        {
            Terminal.Out.MarkupLineInterpolated($"[grey]the first {page.Nodes.Count} of {document.Counts.Nodes} nodes[/]");
        }

        return ExitCode.Done;
    }

    private static async Task<int> NodeAsync(ApiClient client, string name, OutputFormat format, CancellationToken cancellationToken)
    {
        var answer = await client.GetNodeAsync(name, cancellationToken);
        if (answer is not ApiAnswer<NodeDocument>.Ok(var document))
        {
            return Problems.Print(answer);
        }

        // A node's report is a tree; a table of it would hide half, so people get it as YAML.
        (format == OutputFormat.Table ? OutputFormat.Yaml : format)
            .Write(JsonSerializer.SerializeToElement(document, ApiJson.Default.NodeDocument));
        return ExitCode.Done;
    }
}
