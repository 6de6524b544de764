using System.CommandLine;
using GitOps.Agent.Host.Control;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Host.Commands;

/// <summary><c>gitops-agent device write</c>: a person at the machine sets a property of a device.</summary>
internal static class DeviceCommand
{
    public static Command Build(Func<ParseResult, AgentPlace> place)
    {
        var device = new Argument<string>("DEVICE") { Description = "its name" };
        device.Validators.Add(result =>
        {
            if (!GitOps.Bundles.Label.IsValid(result.GetValueOrDefault<string>()))
            {
                result.AddError($"'{result.GetValueOrDefault<string>()}' is no name of a Device");
            }
        });
        var property = new Argument<string>("PROPERTY") { Description = "one that can be written" };
        var value = new Argument<string>("VALUE") { Description = "70.5, true or a text; a negative number after '--'" };
        var reason = new Option<string>("--reason") { Description = "why; it is reported", Required = true };
        var write = new Command("write", "Sets a property now, where Git does not hold it.") { device, property, value, reason };
        write.SetAction((parsed, cancellationToken) => PersonCommands.AskAsync(place(parsed), new ControlRequest(ControlRequest.Write)
        {
            Unit = $"{UnitKinds.Device}/{parsed.GetValue(device)}",
            Field = parsed.GetValue(property),
            Value = parsed.GetValue(value),
            Reason = parsed.GetValue(reason),
            By = Environment.GetEnvironmentVariable("SUDO_USER") ?? Environment.UserName,
        }, cancellationToken));
        return new Command("device", "Devices of this node.") { write };
    }
}
