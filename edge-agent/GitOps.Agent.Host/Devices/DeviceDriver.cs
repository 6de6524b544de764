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

    /// <summary>Devices that left and that somebody else could not be told to let go of yet.</summary>
    private readonly ConcurrentDictionary<string, string> _kept = [];
    private readonly Func<string, DeviceSpec, IDeviceConnector> _connect;
    private readonly DeviceFiles _files;
    private readonly DeviceMemories _memories;
    private readonly DeviceWriter _writer;
    private readonly DeviceClock _clock;
    private readonly IClockTrust _trust;
    private readonly Random _random;
    private readonly LocalValues? _local;

    internal DeviceDriver(
        Func<string, DeviceSpec, IDeviceConnector> connect, DeviceFiles files, DeviceClock clock, IClockTrust trust, Random random,
        LocalValues? local)
    {
        (_connect, _files, _clock, _trust, _random, _local) = (connect, files, clock, trust, random, local);
        _memories = new DeviceMemories(files);
        _writer = new DeviceWriter(_memories);
    }

    public Action? Wake { get; set; }

    /// <summary>Who lets go of devices of mappers; the driver's to dispose of.</summary>
    internal MapperGateway? Mappers { get; init; }

    /// <summary>Where values go that the control plane is to have; null: nowhere.</summary>
    internal UpstreamValues? Upstream { get; init; }

    /// <summary>Notes when versions were first seen. What cannot be kept counts as not seen, and is not written.</summary>
    public void Witness(Unit desired, bool isReturn)
    {
        var known = _memories.Of(desired.Name);
        var noted = known.Seeing((DeviceSpec)desired.Spec, Now(), isReturn);
        if (!ReferenceEquals(noted, known))
        {
            _memories.Keep(desired, noted);
        }
    }

    public ValueTask<DeviceState> ObserveAsync(Unit unit, CancellationToken cancellationToken)
    {
        var state = _followers.TryGetValue(unit.Name, out var follower)
            ? follower.State
            : new DeviceState { Now = _clock.Now, Boot = _clock.Boot };
        return ValueTask.FromResult(state with { Memory = _memories.Of(unit.Name) });
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
                var before = _memories.Of(unit.Name).Find(property) is { } known && known.Version == version ? known : null;
                return _memories.Remember(unit, (before ?? new PropertyMemory(property, version, stage)) with { Stage = stage });
            case DeviceStep.Write write when _followers.TryGetValue(unit.Name, out var follower):
                return await _writer.WriteAsync(unit, follower, write, cancellationToken);
            case DeviceStep.Restore restore when _followers.TryGetValue(unit.Name, out var follower):
                return await _writer.RestoreAsync(unit, follower, restore, cancellationToken);
            case DeviceStep.Write or DeviceStep.Restore:
                return DeviceWriter.Away(unit, "it is not followed any more");
            case DeviceStep.ForgetProperty(var property):
                return _memories.Keep(unit, _memories.Of(unit.Name).Without(property));
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
                return _memories.Forget(unit);
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

        switch (PersonWrite.Judge(device, property, text, follower.State with { Memory = _memories.Of(device) }, policy, isHeld))
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
            Devices = _followers.Select(f => DeviceReporting.Report(f.Key, f.Value.Spec, f.Value.State with { Memory = _memories.Of(f.Key) }, context))
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

    private void Say(string device, DeviceSpec spec, DeviceState state)
    {
        _local?.Say(device, spec, state);
        Upstream?.Say(device, state);
    }

    private Moment Now() => new(_clock.Boot, _clock.Time.GetUtcNow(), _trust.IsTrusted);

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
