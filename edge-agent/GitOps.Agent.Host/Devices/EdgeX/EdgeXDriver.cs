using System.Collections.Concurrent;
using System.Diagnostics;
using GitOps.Agent.Devices.EdgeX;
using GitOps.Agent.Planning;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Platform.Mqtt;

namespace GitOps.Agent.Host.Devices.EdgeX;

/// <summary>Follows the EdgeX of this node and carries out what steps say.</summary>
/// <param name="node">Part of the mark: two nodes may share an EdgeX.</param>
public sealed class EdgeXDriver(
    string node, Func<EquatableArray<ContentPart>, (byte[]? Bytes, Problem? Missing)> contents, TimeProvider time, Random random)
    : IDriver<EdgeXState, EdgeXStep>, IWatchingDriver, IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, EdgeXFollower> _followers = [];
    private readonly long _start = time.GetTimestamp();

    public Action? Wake { get; set; }

    /// <summary>The label that objects of a unit carry.</summary>
    public static string MarkOf(string node, string unit) => $"gitops:{node}/{unit}";

    /// <summary>Looking begins with being asked, so that no step is needed before it is known whose everything is.</summary>
    public async ValueTask<EdgeXState> ObserveAsync(Unit unit, CancellationToken cancellationToken)
    {
        var spec = (EdgeXSpec)unit.Spec;
        if (_followers.TryGetValue(unit.Name, out var follower) && follower.Spec == spec && follower.State.Broken is null)
        {
            return follower.State;
        }

        await StopAsync(unit.Name);
        var (bytes, missing) = contents(spec.Objects);
        var mark = MarkOf(node, unit.Name);
        var rest = new EdgeXRest(spec.Url, spec.Authority, spec.Headers, contents, time);
        var desired = bytes is null ? (null, missing!.What) : EdgeXObjects.Read(bytes, mark);
        follower = _followers[unit.Name] = new EdgeXFollower(
            spec, mark, desired, rest, spec.BusUser is { } user ? () => contents(spec.BusPassword).Bytes is { } password ? new MqttLogin(user, password) : null : null, time, () => time.GetElapsedTime(_start), random, () => Wake?.Invoke());
        return follower.State;
    }

    public async ValueTask<StepOutcome> ApplyAsync(Unit unit, EdgeXStep step, CancellationToken cancellationToken)
    {
        if (step is EdgeXStep.Forget)
        {
            await StopAsync(unit.Name);
            return new StepOutcome.Done();
        }

        if (!_followers.TryGetValue(unit.Name, out var follower))
        {
            return Failed(unit, "it is not followed any more", passes: true);
        }

        switch (step)
        {
            case EdgeXStep.Send send:
                return await follower.SendAsync(send, cancellationToken) is { } why ? Failed(unit, why, passes: true) : new StepOutcome.Done();
            case EdgeXStep.Delete delete:
                var failure = await follower.DeleteAsync(delete, cancellationToken);
                return failure is null || (!failure.Passes && !delete.IsLast) ? new StepOutcome.Done()
                    : Failed(unit, $"{EdgeXObject.Word(delete.Kind)} '{delete.Name}' cannot be removed: {failure.Why}", failure.Passes);
            default:
                throw new UnreachableException($"unknown step {step}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var name in _followers.Keys)
        {
            await StopAsync(name);
        }
    }

    private static StepOutcome.Retry Failed(Unit unit, string why, bool passes) => passes
        ? new(new Problem(EdgeXCodes.Away, $"{unit.Id}: {why}", "check core-metadata, the device service, and the token where there is one"), FailureCause.Environment)
        : new(new Problem(EdgeXCodes.Refused, $"{unit.Id}: {why}", "put right what EdgeX names"), FailureCause.Content);

    private async Task StopAsync(string name)
    {
        if (_followers.TryRemove(name, out var follower))
        {
            await follower.DisposeAsync();
        }
    }
}
