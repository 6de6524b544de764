using System.Collections.Concurrent;
using System.Diagnostics;
using GitOps.Agent.Devices;
using GitOps.Agent.Host.Devices.Mappers;
using GitOps.Agent.Host.Devices.Upstream;
using GitOps.Agent.Planning;
using GitOps.Agent.Policy;
using GitOps.Agent.TimeSync;
using GitOps.Bundles;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Host.Devices;

/// <summary>Follows the devices of the node, writes what steps say, and remembers what was written.</summary>
public sealed class DeviceDriver : IDriver<DeviceState, DeviceStep>, IWitnessDriver, IWatchingDriver, IReportingDriver, IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, DeviceFollower> _followers = [];
    private readonly ConcurrentDictionary<string, DeviceMemory> _memories = [];

    /// <summary>Devices that left and that somebody else could not be told to let go of yet.</summary>
    private readonly ConcurrentDictionary<string, string> _kept = [];
    private readonly Func<string, DeviceSpec, IDeviceConnector> _connect;
    private readonly DeviceFiles _files;
    private readonly DeviceClock _clock;
    private readonly IClockTrust _trust;
    private readonly Random _random;
    private readonly LocalValues? _local;

    internal DeviceDriver(
        Func<string, DeviceSpec, IDeviceConnector> connect, DeviceFiles files, DeviceClock clock, IClockTrust trust, Random random,
        LocalValues? local)
    {
        (_connect, _files, _clock, _trust, _random, _local) = (connect, files, clock, trust, random, local);
    }

    public Action? Wake { get; set; }

    /// <summary>Who lets go of devices of mappers; the driver's to dispose of.</summary>
    internal MapperGateway? Mappers { get; init; }

    /// <summary>Where values go that the control plane is to have; null: nowhere.</summary>
    internal UpstreamValues? Upstream { get; init; }

    /// <summary>Notes when versions were first seen. What cannot be kept counts as not seen, and is not written.</summary>
    public void Witness(Unit desired, bool isReturn)
    {
        var known = MemoryOf(desired.Name);
        var noted = known.Seeing((DeviceSpec)desired.Spec, Now(), isReturn);
        if (!ReferenceEquals(noted, known))
        {
            Keep(desired, noted);
        }
    }

    public ValueTask<DeviceState> ObserveAsync(Unit unit, CancellationToken cancellationToken)
    {
        var state = _followers.TryGetValue(unit.Name, out var follower)
            ? follower.State
            : new DeviceState { Now = _clock.Now, Boot = _clock.Boot };
        return ValueTask.FromResult(state with { Memory = MemoryOf(unit.Name) });
    }

    public async ValueTask<StepOutcome> ApplyAsync(Unit unit, DeviceStep step, CancellationToken cancellationToken)
    {
        switch (step)
        {
            case DeviceStep.Follow(var spec):
                _kept.TryRemove(unit.Name, out _);
                if (await StopAsync(unit.Name) is { } older)
                {
                    if (spec.Protocol != DeviceProtocol.Mapper && await LetGoAsync(unit, older, cancellationToken) is { } held)
                    {
                        return held;
                    }

                    _local?.Forget(unit.Name, older); // a property may have gone; what is there is said again
                }

                Upstream?.Follow(unit.Name, spec);
                _followers[unit.Name] = new DeviceFollower(spec, _connect(unit.Name, spec), _clock, _random, () => Wake?.Invoke(),
                    _local is null && !spec.Properties.Any(property => property.Upstream is not null) ? null : state => Say(unit.Name, spec, state),
                    _files.ReadAlarms(unit.Name).Begin(spec, _clock.Now, Now()),
                    // What cannot be kept is decided anew after a restart; the alarm itself is told all the same.
                    state => _files.TryWriteAlarms(unit.Name, AlarmMemory.Of(state, Now())));
                return new StepOutcome.Done();
            case DeviceStep.Remember(var property, var version, var stage):
                var before = MemoryOf(unit.Name).Find(property) is { } known && known.Version == version ? known : null;
                return Remember(unit, (before ?? new PropertyMemory(property, version, stage)) with { Stage = stage });
            case DeviceStep.Write write:
                return await WriteAsync(unit, write, cancellationToken);
            case DeviceStep.Restore restore:
                return await RestoreAsync(unit, restore, cancellationToken);
            case DeviceStep.ForgetProperty(var property):
                return Keep(unit, MemoryOf(unit.Name).Without(property));
            case DeviceStep.Release:
                var followed = await StopAsync(unit.Name);
                if (await LetGoAsync(unit, followed ?? (DeviceSpec)unit.Spec, cancellationToken) is { } kept)
                {
                    _kept[unit.Name] = kept.Problem.What;
                    return kept;
                }

                _kept.TryRemove(unit.Name, out _);
                _local?.Forget(unit.Name, followed ?? (DeviceSpec)unit.Spec);
                Upstream?.Follow(unit.Name, null);
                _memories.TryRemove(unit.Name, out _);
                return _files.TryForget(unit.Name) is { } why ? NotKept(unit, why) : new StepOutcome.Done();
            default:
                throw new UnreachableException($"unknown step {step}");
        }
    }

    /// <summary>Writes what a person asked for, and says what came of it; nothing is remembered, as nothing will be written again.</summary>
    /// <param name="audit">Told before the device is.</param>
    public async Task<(bool Done, string Message)> WriteForPersonAsync(
        string device, string property, string text, AgentPolicy policy, bool isHeld, Action<string> audit, CancellationToken cancellationToken)
    {
        if (!_followers.TryGetValue(device, out var follower))
        {
            return (false, $"this node follows no device '{device}'; 'gitops-agent status' lists them");
        }

        switch (PersonWrite.Judge(device, property, text, follower.State with { Memory = MemoryOf(device) }, policy, isHeld))
        {
            case PersonWrite.Refused(var why):
                return (false, why);
            case PersonWrite.Allowed(var written, var value, var before):
                audit($"{device}/{property} = {value}{(before is null ? "" : $", it was {before}")}");
                var answer = await follower.WriteAsync(written, value, Digest.Of([]), cancellationToken);
                return answer switch
                {
                    WriteAnswer.Acknowledged => (true, await SeenAsync(follower, written, value, cancellationToken)),
                    WriteAnswer.Refused(var why) => (false, $"{device} refuses {property} = {value}: {why}"),
                    WriteAnswer.NotSent(var why) => (false, $"{device} does not answer: {why}"),
                    WriteAnswer.Lost(var why) => (false, $"{device} may have taken it and did not say so: {why}"),
                    _ => throw new UnreachableException($"unknown answer {answer}"),
                };
            case var verdict:
                throw new UnreachableException($"unknown verdict {verdict}");
        }
    }

    private static async Task<string> SeenAsync(DeviceFollower follower, DeviceProperty property, DeviceValue value, CancellationToken cancellationToken)
    {
        if (!DeviceEndpoint.IsReadable(follower.Spec, property))
        {
            return $"{property.Name} = {value} was taken; it cannot be read back";
        }

        var state = await follower.ReadAsync([property], cancellationToken);
        return state.Of(property.Name) is { Fault: null, Reading.Value: var read } ? $"{property.Name} reads {read}" : $"{property.Name} = {value} was taken and does not read back";
    }

    public NodeReport Contribute(NodeReport report)
    {
        var context = new PlanContext(_clock.Time.GetUtcNow(), _trust.IsTrusted, _clock.Now);
        return report with
        {
            Devices = _followers.Select(f => DeviceReporting.Report(f.Key, f.Value.Spec, f.Value.State with { Memory = MemoryOf(f.Key) }, context))
                .Concat(_kept.Select(kept => new DeviceReport(kept.Key, Online: false) { Message = kept.Value }))
                .OrderBy(device => device.Name, StringComparer.Ordinal)
                .ToEquatableArray(),
        };
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var name in _followers.Keys)
        {
            await StopAsync(name);
        }

        if (Mappers is { } mappers)
        {
            await mappers.DisposeAsync();
        }
    }

    private async Task<StepOutcome.Retry?> LetGoAsync(Unit unit, DeviceSpec spec, CancellationToken cancellationToken) =>
        spec.Protocol == DeviceProtocol.Mapper && Mappers is { } mappers && await mappers.LetGoAsync(unit.Name, cancellationToken) is { } why
            ? new StepOutcome.Retry(new Problem(DeviceCodes.Away,
                What: $"the mapper of {spec.Connection.Mapper?.Protocol} cannot be told to let go of {unit.Name}: {why}",
                Fix: "start the mapper, or stop it for good: one that does not listen has let go"), FailureCause.Environment)
            : null;

    /// <summary>The intent is on disk before the device hears of it, so that a crash in between is known afterwards.</summary>
    private async Task<StepOutcome> WriteAsync(Unit unit, DeviceStep.Write step, CancellationToken cancellationToken)
    {
        if (!_followers.TryGetValue(unit.Name, out var follower))
        {
            return Away(unit, "it is not followed any more");
        }

        if (step.Interlock is { } interlock && await InterlockAsync(unit, follower, interlock, cancellationToken) is { } closed)
        {
            return closed;
        }

        var before = MemoryOf(unit.Name);
        var memory = new PropertyMemory(step.Property.Name, step.Version, MemoryStage.Writing) { Before = step.Before };
        if (Remember(unit, memory) is not StepOutcome.Done and var notKept)
        {
            return notKept;
        }

        switch (await follower.WriteAsync(step.Property, step.Value, step.Version, cancellationToken))
        {
            case WriteAnswer.Acknowledged:
                return Remember(unit, memory with { Stage = await ReadBackAsync(follower, step.Property, cancellationToken) });
            case WriteAnswer.Refused(var why):
                Keep(unit, before);
                return new StepOutcome.Retry(new Problem(DeviceCodes.Rejected,
                    What: $"{unit.Name} refuses {step.Property.Name} = {step.Value}: {why}",
                    Fix: "check the value, the register and whether the device takes writes now"), FailureCause.Content);
            case WriteAnswer.NotSent(var why):
                Keep(unit, before);
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

    private async Task<StepOutcome> RestoreAsync(Unit unit, DeviceStep.Restore step, CancellationToken cancellationToken)
    {
        if (!_followers.TryGetValue(unit.Name, out var follower))
        {
            return Away(unit, "it is not followed any more");
        }

        var version = step.Then ?? Digest.Of([]);
        return await follower.WriteAsync(step.Property, step.Value, version, cancellationToken) switch
        {
            WriteAnswer.NotSent(var why) => Away(unit, why),
            WriteAnswer.Lost(var why) => Away(unit, why),
            // Refused too: going back must not end here, and the report says what the device reads.
            _ when step.Then is { } then => Remember(unit, new PropertyMemory(step.Property.Name, then, MemoryStage.Left)),
            _ => Keep(unit, MemoryOf(unit.Name).Without(step.Property.Name)),
        };
    }

    private void Say(string device, DeviceSpec spec, DeviceState state)
    {
        _local?.Say(device, spec, state);
        Upstream?.Say(device, state);
    }

    private Moment Now() => new(_clock.Boot, _clock.Time.GetUtcNow(), _trust.IsTrusted);

    private DeviceMemory MemoryOf(string device) => _memories.GetOrAdd(device, _files.ReadMemory);

    private StepOutcome Remember(Unit unit, PropertyMemory property) => Keep(unit, MemoryOf(unit.Name).With(property));

    private StepOutcome Keep(Unit unit, DeviceMemory memory)
    {
        if (_files.TryWriteMemory(unit.Name, memory) is { } why)
        {
            return NotKept(unit, why);
        }

        _memories[unit.Name] = memory;
        return new StepOutcome.Done();
    }

    private static StepOutcome.Retry NotKept(Unit unit, string why) => new(new Problem(DeviceCodes.Memory,
        What: $"what was written to {unit.Name} cannot be recorded: {why}", Fix: "free some space in the agent's state directory"),
        FailureCause.Environment);

    private static StepOutcome.Retry Away(Unit unit, string why) => new(new Problem(DeviceCodes.Away,
        What: $"{unit.Name} does not answer: {why}", Fix: "check its power, its cable and its address"), FailureCause.Environment);

    /// <returns>What it was followed by; null when it was not.</returns>
    private async Task<DeviceSpec?> StopAsync(string device)
    {
        if (!_followers.TryRemove(device, out var follower))
        {
            return null;
        }

        await follower.DisposeAsync();
        return follower.Spec;
    }
}
