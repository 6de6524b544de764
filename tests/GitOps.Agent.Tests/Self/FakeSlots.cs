using GitOps.Agent.Self;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Tests.Self;

/// <summary>Executables that are nothing but their digests. Which runs is decided as on a node.</summary>
internal sealed class FakeSlots : IAgentSlots
{
    public static readonly Digest Installed = Digest.Of("installed"u8);
    private Slot? _run;

    public SlotState State { get; private set; } = SlotState.Initial;

    /// <summary>Executables that the machine cannot run.</summary>
    public HashSet<Digest> Impossible { get; } = [];

    /// <summary>Nothing can be put into a slot.</summary>
    public Problem? InTheWay { get; set; }

    public List<Digest> Ran { get; } = [];

    public Digest Running => _run?.Executable ?? Installed;

    public SlotTrial? Trial => State.Trial is { } trial && trial.Slot == _run ? trial : null;

    public AgentFailure? Failure => State.Failure;

    public static AgentSpec Agent(string version) => new() { Version = version, Executable = [new ContentPart.Blob(Digest.Of(System.Text.Encoding.UTF8.GetBytes(version)), 5000)] };

    public static Unit Unit(string version) => new(AgentSpec.SelfName, Agent(version));

    /// <summary>The installed executable starts and chooses.</summary>
    public void Start()
    {
        (State, _run) = SlotMachine.Choose(State, "0.1.0");
        Ran.Add(Running);
    }

    public Task<SlotOutcome> PlaceAsync(AgentSpec wanted, CancellationToken cancellationToken) => Task.FromResult<SlotOutcome>(
        InTheWay is { } problem ? new SlotOutcome.Failed(problem)
        : Impossible.Contains(wanted.Blob.Digest) ? new SlotOutcome.Refused(new Problem(AgentCodes.AgentGivenUp, "it cannot run here", "another one"))
        : new SlotOutcome.Placed());

    public Problem? Try(AgentSpec placed, TimeSpan limit, bool mustReach) =>
        Become(SlotMachine.Begin(State, new Slot(SlotMachine.FreeSlot(State), placed.Version, placed.Blob.Digest), limit, mustReach));

    public Problem? Confirm() => Become(SlotMachine.Confirm(State, "0.1.0"));

    public Problem? GoBack(Problem why, bool isUnreached) => Become(SlotMachine.GoBack(State, why, isUnreached));

    public Problem? Forgive() => Become(State with { Failure = null });

    private Problem? Become(SlotState next)
    {
        State = next;
        return null;
    }
}
