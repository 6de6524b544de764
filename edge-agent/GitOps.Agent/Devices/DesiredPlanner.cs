using GitOps.Agent.Planning;
using GitOps.Bundles;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Devices;

/// <summary>
/// Decides about one desired value. A readable value counts as applied when the device says so, and is written until then;
/// afterwards <c>once</c> only reports drift and <c>hold</c> writes again, paced. A value that cannot be read back is
/// written at most once per version, also where an answer or the agent was lost on the way. Where an answer was lost a
/// readable one is read before it is written again: it may have arrived.
/// </summary>
public static class DesiredPlanner
{
    public static DesiredVerdict Decide(DeviceSpec spec, DeviceProperty property, DeviceState state, PlanContext context)
    {
        var desired = property.Desired!;
        if (OutOfRange(property, desired) is { } why)
        {
            return new DesiredVerdict.Failing(PropertyPhase.Rejected, why);
        }

        var version = DesiredVersion.Of(desired);
        var memory = state.Memory.Find(property.Name) is { } last && last.Version == version ? last : null;
        var seen = state.Of(property.Name);
        var asked = new Asked(spec, property, desired, version, memory, seen, state, context);
        return DeviceEndpoint.IsReadable(spec, property) ? Readable(asked) : WriteOnly(asked);
    }

    private static DesiredVerdict Readable(Asked asked)
    {
        if (asked.Seen.Reading is not { } reading)
        {
            return new DesiredVerdict.Waiting(new Hold($"the first reading of {asked.Property.Name}",
                Until: asked.Seen.Fault is { } fault ? $"it can be read: {fault.Why}" : "the device answers"));
        }

        if (asked.Memory?.Stage is not (MemoryStage.Applied or MemoryStage.Left) && InDoubt(asked, reading) is { } doubt)
        {
            return new DesiredVerdict.Waiting(doubt);
        }

        var matches = DesiredMatch.Holds(asked.Spec, asked.Property, asked.Desired, reading.Value);
        return (matches, asked.Memory?.Stage, asked.Desired.Apply) switch
        {
            (true, MemoryStage.Applied or MemoryStage.Left, _) => new DesiredVerdict.Settled(PropertyPhase.Applied),
            (true, _, _) => new DesiredVerdict.Act(
                new DeviceStep.Remember(asked.Property.Name, asked.Version, MemoryStage.Applied) { Because = $"the device reads {reading.Value}, as desired" },
                PropertyPhase.Applied),
            (_, MemoryStage.Left, _) => new DesiredVerdict.Settled(
                PropertyPhase.Conflict, $"reads {reading.Value}; left so when the node went back, as onRollback says"),
            (_, MemoryStage.Applied, ApplyMode.Once) => new DesiredVerdict.Settled(
                PropertyPhase.Conflict, $"somebody set it to {reading.Value} after {asked.Desired.Value} was applied"),
            (_, MemoryStage.Written, ApplyMode.Once) => Unsettled(asked, reading),
            _ => Write(asked, reading),
        };
    }

    /// <summary>
    /// Why the last reading says nothing about this version: none came since, or what came before may be older than a write
    /// that arrived. A device that speaks by itself may have nothing to say; then what it said before counts after a while. One
    /// that can be asked is asked, however long it was away meanwhile.
    /// </summary>
    private static Hold? InDoubt(Asked asked, Reading reading)
    {
        if (asked.Seen.Fault is { } fault)
        {
            return new Hold($"a reading of {asked.Property.Name}", Until: $"it can be read: {fault.Why}");
        }

        if (asked.Seen.LastAttempt is not { Refused: null } attempt || reading.At >= attempt.At)
        {
            return null;
        }

        var left = attempt.At + WritePacing.Settling - asked.State.Now;
        return left > TimeSpan.Zero || DeviceEndpoint.CanBeAsked(asked.Spec)
            ? new Hold($"{asked.Property.Name} to be read back", Until: "the device says what it has") { RecheckAfter = left > TimeSpan.Zero ? left : PollSchedule.Default }
            : null;
    }

    /// <summary>Acknowledged, and the device does not say so yet: never written twice, and not waited for without end.</summary>
    private static DesiredVerdict Unsettled(Asked asked, Reading reading)
    {
        var left = asked.Seen.LastAttempt is { } attempt ? attempt.At + WritePacing.Settling - asked.State.Now : TimeSpan.Zero;
        return left > TimeSpan.Zero
            ? new DesiredVerdict.Waiting(
                new Hold($"{asked.Property.Name} to follow", Until: $"it reads {asked.Desired.Value}; it reads {reading.Value}") { RecheckAfter = left })
            : new DesiredVerdict.Failing(PropertyPhase.Pending,
                $"the device acknowledged {asked.Desired.Value} and reads {reading.Value}");
    }

    private static DesiredVerdict WriteOnly(Asked asked) => asked.Memory?.Stage switch
    {
        MemoryStage.Written or MemoryStage.Applied => new DesiredVerdict.Settled(PropertyPhase.Unconfirmed),
        MemoryStage.Left => new DesiredVerdict.Settled(PropertyPhase.Unconfirmed, "not written when the node went back, as onRollback says"),
        MemoryStage.Writing => new DesiredVerdict.Settled(
            PropertyPhase.Unconfirmed, "the answer to the write was lost; what cannot be read back is not written twice"),
        _ => Write(asked, reading: null),
    };

    private static DesiredVerdict Write(Asked asked, Reading? reading)
    {
        var name = asked.Property.Name;
        var isDrift = asked.Memory?.Stage is MemoryStage.Applied;
        var phase = isDrift ? PropertyPhase.Conflict : PropertyPhase.Pending;
        if (Validity.Check(asked.Desired, asked.Version, asked.State.Memory, name, asked.State.Boot, asked.Context) is { } verdict)
        {
            return verdict;
        }

        if (asked.Seen.LastAttempt is { Refused: { } refused } attempt && attempt.Version == asked.Version &&
            attempt.At + WritePacing.AfterRefusal - asked.State.Now is { Ticks: > 0 } wait)
        {
            return new DesiredVerdict.Failing(PropertyPhase.Rejected, $"the device refuses {asked.Desired.Value}: {refused}") { RecheckAfter = wait };
        }

        if (asked.Seen.LastAttempt is { LostInARow: > 0 and var lost } unheard && unheard.At + WritePacing.AfterLoss(lost) - asked.State.Now is { Ticks: > 0 } rest)
        {
            return new DesiredVerdict.Waiting(
                new Hold($"the next write of {name}", Until: $"{Math.Ceiling(rest.TotalSeconds)} s have passed: nothing answered the last one") { RecheckAfter = rest },
                phase);
        }

        var (interlock, closed) = InterlockOf(asked);
        if (closed is not null)
        {
            return new DesiredVerdict.Waiting(closed, phase);
        }

        if (WritePacing.Pause(asked.Seen.Writes, asked.State.Now) is { Ticks: > 0 } pause)
        {
            return new DesiredVerdict.Waiting(
                new Hold($"the next write of {name}", Until: $"{Math.Ceiling(pause.TotalSeconds)} s have passed") { RecheckAfter = pause }, phase);
        }

        if (asked.State.Link is not DeviceLink.Online)
        {
            return new DesiredVerdict.Waiting(new Hold("the device", Until: "it answers again"), phase);
        }

        var because = (reading, isDrift) switch
        {
            (null, _) => $"{asked.Desired.Value} is desired and was not written yet",
            ({ } read, true) => $"it reads {read.Value} again, {asked.Desired.Value} is to be held",
            ({ } read, false) => $"it reads {read.Value}, {asked.Desired.Value} is desired",
        };
        var before = asked.Memory?.Before ?? reading?.Value;
        return new DesiredVerdict.Act(
            new DeviceStep.Write(asked.Property, asked.Desired.Value, asked.Version, before, interlock) { Because = because }, phase);
    }

    private static (Interlock? Interlock, Hold? Closed) InterlockOf(Asked asked)
    {
        if (asked.Desired.WriteWhen is not { } when)
        {
            return (null, null);
        }

        var property = asked.Spec.Properties.FirstOrDefault(p => p.Name == when.Property);
        var seen = asked.State.Of(when.Property);
        var opens = $"{when.Property} = {when.EqualTo}";
        return property is null ? (null, new Hold(when.Property, Until: "the bundle has such a property"))
            : seen.Reading is not { } reading || seen.Fault is not null ? (null, new Hold(when.Property, Until: $"it is read, and {opens}"))
            : reading.Value != when.EqualTo ? (null, new Hold(when.Property, Until: $"{opens}; it is {reading.Value}"))
            : (new Interlock(property, when.EqualTo), null);
    }

    private static string? OutOfRange(DeviceProperty property, DesiredValue desired) => desired.Value switch
    {
        _ when property.Access == DeviceAccess.Read => $"'{property.Name}' is read-only, it is never written",
        DeviceValue.Number(var number) when number < property.Minimum => $"{desired.Value} is below the minimum {property.Minimum}, it is never written",
        DeviceValue.Number(var number) when number > property.Maximum => $"{desired.Value} is above the maximum {property.Maximum}, it is never written",
        _ => null,
    };

    private sealed record Asked(
        DeviceSpec Spec, DeviceProperty Property, DesiredValue Desired, Digest Version, PropertyMemory? Memory, PropertyState Seen,
        DeviceState State, PlanContext Context);
}
