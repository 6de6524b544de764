using System.Globalization;
using GitOps.Agent.Policy;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Devices;

/// <summary>
/// A value that a person at the machine wants written to a device now. What Git holds there is not overridden: the person
/// takes the device out of Git's hands first, for a time and with a reason, or Git has to say something else.
/// </summary>
public abstract record PersonWrite
{
    private PersonWrite() { } // closed: every case is in this file

    public sealed record Refused(string Why) : PersonWrite;

    /// <param name="Before">What the device said last; null when it cannot be read.</param>
    public sealed record Allowed(DeviceProperty Property, DeviceValue Value, DeviceValue? Before) : PersonWrite;

    /// <param name="state">With what is remembered of the device.</param>
    /// <param name="isHeld">A person holds the device: Git leaves it alone.</param>
    public static PersonWrite Judge(string device, string property, string text, DeviceState state, AgentPolicy policy, bool isHeld)
    {
        if (state.Following is not { } spec)
        {
            return new Refused($"this node follows no device '{device}'; 'gitops-agent status' lists them");
        }

        if (spec.Properties.FirstOrDefault(p => p.Name == property) is not { } found)
        {
            return new Refused($"'{device}' has no property '{property}'; it has {string.Join(", ", spec.Properties.Select(p => p.Name))}");
        }

        var seen = state.Of(property);
        return found.Access == DeviceAccess.Read ? new Refused($"'{property}' of '{device}' can only be read")
            : !PolicyCheck.MayWrite(policy, device, property)
                ? new Refused($"'{device}/{property}' is none of \"devices\".\"writable\" in policy.json of this node")
            : ValueOf(found, text) is not { } value ? new Refused($"'{text}' is no {found.Type}")
            : Outside(found, value) is { } bound ? new Refused(bound)
            : !isHeld && Overridden(device, found, state) is { } git ? new Refused(git)
            : Interlocked(found, state) is { } closed ? new Refused(closed)
            : state.Link is DeviceLink.Away(var why) ? new Refused($"'{device}' does not answer: {why}")
            : new Allowed(found, value, seen.Reading?.Value);
    }

    private static DeviceValue? ValueOf(DeviceProperty property, string text) => property.Type switch
    {
        DeviceValueType.String => new DeviceValue.Text(text),
        DeviceValueType.Bool => text switch { "true" => new DeviceValue.Boolean(true), "false" => new DeviceValue.Boolean(false), _ => null },
        _ => decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            ? new DeviceValue.Number(number) : null,
    };

    private static string? Outside(DeviceProperty property, DeviceValue value) => value switch
    {
        DeviceValue.Number(var number) when number < property.Minimum => $"{value} is below the minimum {property.Minimum} of '{property.Name}'",
        DeviceValue.Number(var number) when number > property.Maximum => $"{value} is above the maximum {property.Maximum} of '{property.Name}'",
        _ => null,
    };

    private static string? Overridden(string device, DeviceProperty property, DeviceState state)
    {
        if (property.Desired is not { } desired)
        {
            return null;
        }

        var isDone = state.Memory.Find(property.Name) is { } memory && memory.Version == DesiredVersion.Of(desired) &&
            memory.Stage is MemoryStage.Written or MemoryStage.Applied or MemoryStage.Left;
        return desired.Apply == ApplyMode.Once && isDone ? null
            : $"Git {(desired.Apply == ApplyMode.Hold ? "holds" : "is about to set")} '{property.Name}' {(desired.Apply == ApplyMode.Hold ? "at" : "to")} {desired.Value}: " +
              $"change it there, or run 'gitops-agent hold {UnitKinds.Device}/{device} --for 1h --reason …' first";
    }

    private static string? Interlocked(DeviceProperty property, DeviceState state) =>
        property.Desired?.WriteWhen is { } when && state.Of(when.Property) is var seen && (seen.Fault is not null || seen.Reading?.Value != when.EqualTo)
            ? $"'{property.Name}' is written only while {when.Property} is {when.EqualTo}; it is {seen.Reading?.Value.ToString() ?? "not known"}"
            : null;
}
