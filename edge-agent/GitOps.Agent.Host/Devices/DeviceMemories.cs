using System.Collections.Concurrent;
using GitOps.Agent.Devices;
using GitOps.Agent.Planning;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Host.Devices;

/// <summary>What was written to each device, in memory as it is on disk.</summary>
internal sealed class DeviceMemories(DeviceFiles files)
{
    private readonly ConcurrentDictionary<string, DeviceMemory> _memories = [];

    public DeviceMemory Of(string device) => _memories.GetOrAdd(device, files.ReadMemory);

    public StepOutcome Remember(Unit unit, PropertyMemory property) => Keep(unit, Of(unit.Name).With(property));

    /// <summary>Done when it is on disk; what cannot be kept is not known either.</summary>
    public StepOutcome Keep(Unit unit, DeviceMemory memory)
    {
        if (files.TryWriteMemory(unit.Name, memory) is { } why)
        {
            return NotKept(unit, why);
        }

        _memories[unit.Name] = memory;
        return new StepOutcome.Done();
    }

    /// <summary>Nothing of the device stays.</summary>
    public StepOutcome Forget(Unit unit)
    {
        _memories.TryRemove(unit.Name, out _);
        return files.TryForget(unit.Name) is { } why ? NotKept(unit, why) : new StepOutcome.Done();
    }

    private static StepOutcome.Retry NotKept(Unit unit, string why) => new(new Problem(DeviceCodes.Memory,
        What: $"what was written to {unit.Name} cannot be recorded: {why}", Fix: "free some space in the agent's state directory"),
        FailureCause.Environment);
}
