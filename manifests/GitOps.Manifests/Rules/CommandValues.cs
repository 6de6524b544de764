using GitOps.Bundles.Units;
using GitOps.Manifests.Kinds;
using DeviceSpec = GitOps.Manifests.Kinds.DeviceSpec;

namespace GitOps.Manifests.Rules;

/// <summary>
/// Makes the desired value of a command into those of its properties: an operation with a default takes that, one without takes
/// the value, translated back by its mappings. What names no command is handed on as it is.
/// </summary>
public static class CommandValues
{
    /// <summary>All desired values of a device that was checked, by property.</summary>
    public static IEnumerable<DesiredProperty> Expand(DeviceSpec device, DeviceModelSpec model) =>
        device.Desired.SelectMany(desired => Expand(desired.Property, desired.Desired, model, default, new FindingList()));

    internal static IEnumerable<DesiredProperty> Expand(
        string name, DesiredValue value, DeviceModelSpec model, SourceSpan span, FindingList findings)
    {
        if (model.Commands.FirstOrDefault(command => command.Name == name) is not { } command ||
            (model.Properties.Any(property => property.Name == name) && command.Operations is [{ Mappings.Count: 0 }]))
        {
            return [new DesiredProperty(name, value)];
        }

        if (command.Access == DeviceAccess.Read)
        {
            findings.Error(ManifestCodes.DesiredValue, span, $"the command '{name}' can only be read",
                "remove the desired value, or write access: rw in the model");
            return [];
        }

        return command.Operations.Select(operation =>
            new DesiredProperty(operation.Property, value with { Value = operation.Default ?? Mapped(operation, value.Value, model) }));
    }

    private static DeviceValue Mapped(CommandOperation operation, DeviceValue value, DeviceModelSpec model)
    {
        var people = value.ToString();
        if (operation.Mappings.FirstOrDefault(mapping => mapping.People == people) is not { } found)
        {
            return value;
        }

        var type = model.Properties.FirstOrDefault(property => property.Name == operation.Property)?.ValueType ?? DeviceValueType.String;
        var device = new DeviceValue.Text(found.Device);
        return type == DeviceValueType.Bool ? new DeviceValue.Boolean(found.Device is "true" or "1") : device.As(type) ?? device;
    }
}
