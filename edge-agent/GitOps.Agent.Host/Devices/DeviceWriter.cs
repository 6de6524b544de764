using System.Diagnostics;
using GitOps.Agent.Devices;
using GitOps.Agent.Planning;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Host.Devices;

/// <summary>Writes values to devices, and remembers what it wrote.</summary>
internal sealed class DeviceWriter(DeviceMemories memories)
{
    /// <summary>The intent is on disk before the device hears of it, so that a crash in between is known afterwards.</summary>
    public async Task<StepOutcome> WriteAsync(Unit unit, DeviceFollower follower, DeviceStep.Write step, CancellationToken cancellationToken)
    {
        if (step.Interlock is { } interlock && await InterlockAsync(unit, follower, interlock, cancellationToken) is { } closed)
        {
            return closed;
        }

        var before = memories.Of(unit.Name);
        var memory = new PropertyMemory(step.Property.Name, step.Version, MemoryStage.Writing) { Before = step.Before };
        if (memories.Remember(unit, memory) is not StepOutcome.Done and var notKept)
        {
            return notKept;
        }

        switch (await follower.WriteAsync(step.Property, step.Value, step.Version, cancellationToken))
        {
            case WriteAnswer.Acknowledged:
                return memories.Remember(unit, memory with { Stage = await ReadBackAsync(follower, step.Property, cancellationToken) });
            case WriteAnswer.Refused(var why):
                memories.Keep(unit, before);
                return new StepOutcome.Retry(new Problem(DeviceCodes.Rejected,
                    What: $"{unit.Name} refuses {step.Property.Name} = {step.Value}: {why}",
                    Fix: "check the value, the register and whether the device takes writes now"), FailureCause.Content);
            case WriteAnswer.NotSent(var why):
                memories.Keep(unit, before);
                return Away(unit, why);
            case WriteAnswer.Lost(var why):
                return Away(unit, why);
            case var answer:
                throw new UnreachableException($"unknown answer {answer}");
        }
    }

    private static async Task<MemoryStage> ReadBackAsync(DeviceFollower follower, DeviceProperty property, CancellationToken cancellationToken)
    {
        if (!DeviceEndpoint.IsReadable(follower.Spec, property))
        {
            return MemoryStage.Written;
        }

        var state = await follower.ReadAsync([property], cancellationToken);
        var desired = follower.Spec.Properties.FirstOrDefault(p => p.Name == property.Name)?.Desired;
        return state.Link is DeviceLink.Online && desired is not null && state.Of(property.Name) is { Fault: null, Reading: { } reading } &&
               DesiredMatch.Holds(follower.Spec, property, desired, reading.Value)
            ? MemoryStage.Applied
            : MemoryStage.Written;
    }

    private static async Task<StepOutcome?> InterlockAsync(
        Unit unit, DeviceFollower follower, Interlock interlock, CancellationToken cancellationToken)
    {
        var state = await follower.ReadAsync([interlock.Property], cancellationToken);
        if (state.Link is DeviceLink.Away(var why))
        {
            return Away(unit, why);
        }

        var seen = state.Of(interlock.Property.Name);
        return seen is { Fault: null, Reading.Value: var value } && value == interlock.EqualTo ? null : new StepOutcome.Retry(
            new Problem(DeviceCodes.Interlocked,
                What: $"{unit.Name}: {interlock.Property.Name} is {seen.Reading?.Value}, writing waits for {interlock.EqualTo}",
                Fix: "nothing: it is written when the interlock opens"), FailureCause.Environment);
    }

    /// <summary>Writes what was there before; what the device refuses is left as it is.</summary>
    public async Task<StepOutcome> RestoreAsync(Unit unit, DeviceFollower follower, DeviceStep.Restore step, CancellationToken cancellationToken)
    {
        var version = step.Then ?? Digest.Of([]);
        return await follower.WriteAsync(step.Property, step.Value, version, cancellationToken) switch
        {
            WriteAnswer.NotSent(var why) => Away(unit, why),
            WriteAnswer.Lost(var why) => Away(unit, why),
            // Refused too: going back must not end here, and the report says what the device reads.
            _ when step.Then is { } then => memories.Remember(unit, new PropertyMemory(step.Property.Name, then, MemoryStage.Left)),
            _ => memories.Keep(unit, memories.Of(unit.Name).Without(step.Property.Name)),
        };
    }

    public static StepOutcome.Retry Away(Unit unit, string why) => new(new Problem(DeviceCodes.Away,
        What: $"{unit.Name} does not answer: {why}", Fix: "check its power, its cable and its address"), FailureCause.Environment);
}
