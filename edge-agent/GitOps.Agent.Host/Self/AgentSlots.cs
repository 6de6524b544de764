using System.Text.Json;
using GitOps.Agent.Host.Faults;
using GitOps.Agent.Host.Store;
using GitOps.Agent.Self;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;
using GitOps.Platform.Processes;

namespace GitOps.Agent.Host.Self;

/// <summary>The slots of the agent that runs and holds the directory's lock.</summary>
internal sealed class AgentSlots : IAgentSlots
{
    private static readonly TimeSpan CheckLimit = TimeSpan.FromSeconds(60);

    private readonly IFileLayer _layer;
    private readonly SlotFiles _files;
    private readonly OwnProgram _program;
    private readonly LocalBlobs _blobs;
    private readonly ICommandRunner _commands;
    private readonly IReadOnlyList<string> _place;
    private readonly Lazy<Digest> _running;
    private volatile SlotState _state;

    /// <param name="place">The flags that lead a program to this node's folders.</param>
    public AgentSlots(IFileLayer layer, string stateDirectory, OwnProgram program, LocalBlobs blobs, ICommandRunner commands, IReadOnlyList<string> place)
    {
        (_layer, _program, _blobs, _commands, _place) = (layer, program, blobs, commands, place);
        _files = new SlotFiles(layer, stateDirectory);
        _state = _files.IsThere ? _files.Read() : SlotState.Initial;
        // The link and not the path: an upgrade may have put another file there since this one started.
        _running = new(() => InSlot is { } slot ? slot.Executable : SlotFiles.DigestOf(layer, "/proc/self/exe"));
    }

    public Digest Running => _running.Value;

    public SlotTrial? Trial => _state.Trial is { } trial && IsOf(trial.Slot) ? trial : null;

    public AgentFailure? Failure => _state.Failure;

    private Slot? InSlot => new[] { _state.Trial?.Slot, _state.Good }.OfType<Slot>().FirstOrDefault(IsOf);

    public async Task<SlotOutcome> PlaceAsync(AgentSpec wanted, CancellationToken cancellationToken)
    {
        var slot = FreeSlot(wanted);
        try
        {
            if (await Task.Run(() => _files.Place(slot.Number, _blobs.PathOf(slot.Executable), slot.Executable), cancellationToken) is { } damaged)
            {
                _blobs.Remove(slot.Executable);
                return Failed(damaged, "check the disk; it is fetched again");
            }
        }
        catch (FileLayerException e)
        {
            return Failed(e.Message, "check the disk of the state directory");
        }

        Failpoints.Reach(Failpoint.SlotPlaced);
        var path = _files.PathOf(slot.Number);
        if (MountTable.IsNoExec(_layer, path))
        {
            return Failed($"{path} lies on a file system that is mounted noexec, so no agent can be run from there",
                "mount it without noexec, or give the agent another state directory");
        }

        var result = await _commands.RunAsync(new Command([path, "check-self", .. _place]) { Deadline = CheckLimit }, cancellationToken);
        return Judge(wanted, result);
    }

    public Problem? Try(AgentSpec placed, TimeSpan limit, bool mustReach)
    {
        var slot = FreeSlot(placed);
        return _files.IsWhole(slot)
            ? Keep(SlotMachine.Begin(_state, slot, limit, mustReach), Failpoint.SlotPending)
            : new Problem(AgentCodes.AgentWaits, What: $"the agent {placed.Version} is not in its slot any more", Fix: "check the disk of the state directory");
    }

    public Problem? Confirm()
    {
        Failpoints.Reach(Failpoint.SlotProving);
        var problem = Keep(SlotMachine.Confirm(_state, _program.InstalledVersion), Failpoint.SlotProved);
        if (problem is null)
        {
            ProcessImage.EndAfter(TimeSpan.Zero);
        }

        return problem;
    }

    public Problem? GoBack(Problem why, bool isUnreached) => Keep(SlotMachine.GoBack(_state, why, isUnreached), Failpoint.SlotLeft);

    public Problem? Forgive() => _state.Failure is null ? null : Keep(_state with { Failure = null }, null);

    private Slot FreeSlot(AgentSpec wanted) => new(SlotMachine.FreeSlot(_state), wanted.Version, wanted.Blob.Digest);

    private bool IsOf(Slot slot) => _program.IsChosen && _program.Path == _files.PathOf(slot.Number);

    private Problem? Keep(SlotState next, Failpoint? after)
    {
        try
        {
            _files.Write(next);
        }
        catch (FileLayerException e)
        {
            return new Problem(AgentCodes.AgentWaits, What: e.Message, Fix: "check the disk of the state directory");
        }

        _state = next;
        if (after is { } point)
        {
            Failpoints.Reach(point);
        }

        return null;
    }

    private static SlotOutcome Judge(AgentSpec wanted, CommandResult result)
    {
        if (!result.Succeeded)
        {
            var said = result.Error.Trim() is { Length: > 0 } error ? $": {error[..Math.Min(error.Length, 200)]}" : "";
            return (result.WasKilled && !result.TimedOut) || said.Contains("Text file busy", StringComparison.Ordinal)
                ? Failed($"the agent {wanted.Version} was ended while it looked whether it could run here", "nothing: it is tried again")
                : Refused(wanted, (result.TimedOut
                    ? $"it did not answer within {CheckLimit.TotalSeconds} s"
                    : $"asked whether it could run here, it ended with {result.ExitCode}") + said);
        }

        try
        {
            using var answer = JsonDocument.Parse(result.Output);
            var version = answer.RootElement.TryGetProperty("version", out var said) ? said.GetString() : null;
            return version == wanted.Version
                ? new SlotOutcome.Placed()
                : Refused(wanted, $"it says that it is {version ?? "of no version"}");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return Refused(wanted, "asked for its version, it said something else");
        }
    }

    private static SlotOutcome.Failed Failed(string what, string fix) => new(new Problem(AgentCodes.AgentWaits, what, fix));

    private static SlotOutcome.Refused Refused(AgentSpec wanted, string why) => new(new Problem(AgentCodes.AgentGivenUp,
        What: $"the agent {wanted.Version} cannot run on this machine: {why}", Fix: "name another executable in Git, or 'gitops-agent retry'"));
}
