using System.Collections.Immutable;
using GitOps.Agent.Planning;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Devices;

/// <summary>
/// Keeps a field device as the bundle says. Ready when the device is online, every polled property has been read, and
/// every desired value is applied, or written where it cannot be read back. Drift after <c>once</c>, and values that
/// expired, are reported and close no gate.
/// </summary>
public sealed class DevicePlanner : IUnitPlanner<DeviceState, DeviceStep>
{
    public UnitPlan<DeviceStep> Plan(Unit desired, Unit? owned, DeviceState observed, PlanContext context)
    {
        var spec = (DeviceSpec)desired.Spec;
        if (DeviceEndpoint.Unsupported(spec) is { } why)
        {
            return new UnitPlan<DeviceStep>([], [], new UnitStatus.Refused(new Problem(DeviceCodes.Unsupported,
                What: $"{desired.Id} cannot be followed: {why}", Fix: "correct the device or its model in Git")));
        }

        var before = context.IsReturn ? owned?.Spec as DeviceSpec : null;
        var returns = before is null ? [] : Returns(before, spec, observed);
        if (observed.Following != spec)
        {
            // In one plan, as the unit counts as the older one when it is done: what onRollback said would be lost.
            var because = observed.Following is null ? "the bundle names it" : "its specification changed";
            return new UnitPlan<DeviceStep>(
                [.. Restoring(before, returns, observed), new DeviceStep.Follow(spec) { Because = because }], [],
                new UnitStatus.Progressing("not followed yet"));
        }

        var verdicts = spec.Properties
            .Where(p => p.Desired is not null && !returns.ContainsKey(p.Name))
            .Select(p => (Property: p, Verdict: DesiredPlanner.Decide(spec, p, observed, context)))
            .ToList();
        var forgotten = observed.Memory.Properties
            .Where(m => !returns.ContainsKey(m.Name) && spec.Properties.FirstOrDefault(p => p.Name == m.Name)?.Desired is null)
            .Select(m => new DeviceStep.ForgetProperty(m.Name) { Because = "the bundle no longer desires a value of it" });
        ImmutableArray<DeviceStep> steps =
            [.. returns.Values, .. forgotten, .. verdicts.Select(v => v.Verdict).OfType<DesiredVerdict.Act>().Select(act => act.Step)];
        ImmutableArray<Hold> holds = [.. verdicts.Select(v => HoldOf(v.Property, v.Verdict)).OfType<Hold>()];
        return new UnitPlan<DeviceStep>(steps, holds, Status(desired.Name, spec, observed, steps, verdicts));
    }

    public UnitPlan<DeviceStep> PlanRemoval(Unit owned, DeviceState observed, PlanContext context)
    {
        var spec = (DeviceSpec)owned.Spec;
        var restores = context.IsReturn && DeviceEndpoint.Unsupported(spec) is null ? Returns(spec, null, observed) : [];
        return observed.Following is null && observed.Memory.Properties.IsEmpty && restores.Count == 0
            ? new UnitPlan<DeviceStep>([], [], new UnitStatus.Ready())
            : new UnitPlan<DeviceStep>(
                [.. Restoring(spec, restores, observed), new DeviceStep.Release { Because = "it left the bundle" }], [],
                new UnitStatus.Progressing("it left the bundle"));
    }

    /// <summary>What of a device is written, where that has places, and the device itself elsewhere: two units of other names may mean one thing.</summary>
    public EquatableArray<string> Claims(Unit unit)
    {
        var spec = (DeviceSpec)unit.Spec;
        return spec.Protocol switch
        {
            DeviceProtocol.ModbusTcp or DeviceProtocol.ModbusRtu => ModbusUnit.Written(spec.Properties)
                .Select(written => $"device:{DeviceEndpoint.Describe(spec)} {written.Place}").Distinct(StringComparer.Ordinal).ToEquatableArray(),
            DeviceProtocol.EdgeX => [$"device:{DeviceEndpoint.Describe(spec)}"],
            DeviceProtocol.Mqtt => spec.Properties.Select(p => p.Topic?.Write).OfType<string>().Distinct(StringComparer.Ordinal)
                .Select(topic => $"device:mqtt {spec.Connection.Url} {topic}").ToEquatableArray(),
            DeviceProtocol.Http => spec.Properties.Where(p => p.Http?.Write is not null).Select(p => $"{p.Http!.Write!.Path ?? p.Http.Path} {p.Http.Write.Pointer ?? p.Http.Pointer}")
                .Distinct(StringComparer.Ordinal).Select(place => $"device:http {spec.Connection.Url} {place}").ToEquatableArray(),
            _ => [$"device:{unit.Name}"],
        };
    }

    /// <summary>After a restart the device is first followed as it was, so that it can be written.</summary>
    private static ImmutableArray<DeviceStep> Restoring(DeviceSpec? owned, Dictionary<string, DeviceStep> returns, DeviceState observed) =>
        owned is null || observed.Following == owned || !returns.Values.OfType<DeviceStep.Restore>().Any()
            ? [.. returns.Values]
            : [new DeviceStep.Follow(owned) { Because = "onRollback has a value to restore" }, .. returns.Values];

    private static Dictionary<string, DeviceStep> Returns(DeviceSpec owned, DeviceSpec? older, DeviceState state)
    {
        Dictionary<string, DeviceStep> steps = [];
        foreach (var property in owned.Properties)
        {
            var then = older?.Properties.FirstOrDefault(p => p.Name == property.Name);
            if (then?.Desired != property.Desired && DeviceReturn.Decide(property, then, state) is { } step)
            {
                steps[property.Name] = step;
            }
        }

        return steps;
    }

    private static Hold? HoldOf(DeviceProperty property, DesiredVerdict verdict) => verdict switch
    {
        DesiredVerdict.Waiting(var hold, _) => hold,
        DesiredVerdict.Failing { RecheckAfter: { } after } failing =>
            new Hold(property.Name, Until: $"the device takes it, or another value is desired; {failing.Why}") { RecheckAfter = after },
        _ => null,
    };

    private static UnitStatus Status(
        string name, DeviceSpec spec, DeviceState state, ImmutableArray<DeviceStep> steps,
        List<(DeviceProperty Property, DesiredVerdict Verdict)> verdicts)
    {
        var failing = verdicts.Where(v => v.Verdict is DesiredVerdict.Failing)
            .Select(v => $"{v.Property.Name}: {v.Verdict.Message}").FirstOrDefault();
        var waiting = verdicts.Where(v => v.Verdict is DesiredVerdict.Waiting)
            .Select(v => $"{v.Property.Name} {v.Verdict.Message}").FirstOrDefault();
        var needed = spec.Properties.Where(p => PollSchedule.IsNeeded(spec, p)).Select(p => state.Of(p.Name)).ToList();
        var fault = needed.FirstOrDefault(p => p.Fault is not null);
        var unread = needed.FirstOrDefault(p => p.Reading is null);
        return state.Link switch
        {
            DeviceLink.Away(var why) => new UnitStatus.Unhealthy($"{name} is away: {why}", FailureCause.Environment),
            DeviceLink.Connecting => new UnitStatus.Progressing($"connects to {DeviceEndpoint.Describe(spec)}"),
            _ when failing is not null => new UnitStatus.Unhealthy(failing, FailureCause.Content),
            _ when fault is { Fault: var (why, isContent) } => new UnitStatus.Unhealthy(
                $"{fault.Name} cannot be read: {why}", isContent ? FailureCause.Content : FailureCause.Environment),
            _ when unread is not null => new UnitStatus.Progressing($"{unread.Name} was not read yet"),
            _ when steps.Length > 0 => new UnitStatus.Progressing(steps[0].Because),
            _ when waiting is not null => new UnitStatus.Progressing(waiting),
            _ => new UnitStatus.Ready(),
        };
    }
}
