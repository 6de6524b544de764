using System.CommandLine;
using System.Text.Json;
using GitOps.Cli.Output;
using GitOps.ControlPlane.Api;

namespace GitOps.Cli.Commands;

/// <summary><c>gitops devices [NODE]</c>: what Git asks of field devices, what they say, and how old that is.</summary>
internal static class DevicesCommand
{
    public static Command Create()
    {
        var node = new Argument<string?>("node") { Description = "only the devices behind this node", Arity = ArgumentArity.ZeroOrOne };
        var output = Outputs.Option();
        var reach = new ControlPlaneOptions();
        var command = new Command("devices", "Show field devices: desired and reported values, their state, quality and age") { node, output, ValuesCommand.Create() };
        reach.AddTo(command);
        command.SetAction((parsed, cancellationToken) => reach.WithClientAsync(
            parsed, client => RunAsync(client, parsed.GetValue(node), parsed.GetValue(output), cancellationToken)));
        return command;
    }

    private static async Task<int> RunAsync(ApiClient client, string? node, OutputFormat format, CancellationToken cancellationToken)
    {
        List<DeviceDocument> devices = [];
        string? after = null;
        do
        {
            var answer = await client.GetDevicesAsync(new DeviceQuery { Node = node, After = after, Limit = DeviceQuery.MaxLimit }, cancellationToken);
            if (answer is not ApiAnswer<DevicePage>.Ok(var page))
            {
                return Problems.Print(answer);
            }

            devices.AddRange(page.Devices);
            after = page.Next;
        }
        while (after is not null);

        if (format == OutputFormat.Table)
        {
            Terminal.Out.Write(DevicesView.Table(devices));
        }
        else
        {
            format.Write(JsonSerializer.SerializeToElement(new DevicePage(devices), ApiJson.Default.DevicePage));
        }

        return ExitCode.Done;
    }
}
