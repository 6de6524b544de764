using GitOps.Bundles;
using GitOps.Bundles.Reports;
using GitOps.Manifests;
using GitOps.Manifests.Kinds;
using GitOps.Reconciler.Rollouts;

namespace GitOps.Reconciler.Tests.Rollouts;

/// <summary>A fleet of nodes and the shell around the planner: opens what it decides, keeps the state.</summary>
internal sealed class Fleet
{
    private static readonly FleetManifest Manifest =
        new(new FleetSource([]), [], [], isWhole: true);

    private readonly Dictionary<string, OpenPointer> _pointers = new(StringComparer.Ordinal);
    private long _generation = 1;

    public Fleet(params string[] names)
    {
        Names = names;
        foreach (var name in names)
        {
            _pointers[name] = new OpenPointer(Digest.Of([0]), 1);
            Status[name] = new NodeStatus { Online = true, Phase = NodePhase.Converged, Bundle = Digest.Of([0]), Generation = 1, SeenGeneration = 1 };
        }
    }

    public IReadOnlyList<string> Names { get; }

    public Digest Target { get; private set; } = Digest.Of([1]);

    public RolloutPolicy Policy { get; set; } = new(RolloutStrategy.Canary, null, TimeSpan.FromMinutes(5));

    public Dictionary<string, NodeStatus> Status { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, string> Suspended { get; } = new(StringComparer.Ordinal);

    public RolloutState State { get; set; } = RolloutPlanner.Begin("r1");

    public DateTimeOffset Now { get; set; } = new(2026, 11, 24, 10, 0, 0, TimeSpan.Zero);

    public IEnumerable<RolloutNode> Nodes => Names.Select(name =>
        new RolloutNode(name, Target, _pointers[name], Status[name], Suspended.GetValueOrDefault(name)));

    public bool IsOpened(string node) => _pointers[node].Bundle == Target;

    public void Begin(Digest target)
    {
        Target = target;
        State = RolloutPlanner.Begin("r2");
    }

    /// <summary>Decides without carrying it out.</summary>
    public RolloutDecision Look() => RolloutPlanner.Plan(State, Policy, Manifest, Nodes, Now);

    public RolloutDecision Plan()
    {
        var decision = Look();
        if (!decision.Open.IsEmpty)
        {
            _generation++;
        }

        foreach (var node in decision.Open)
        {
            _pointers[node] = new OpenPointer(Target, _generation);
        }

        State = decision.Next;
        return decision;
    }

    /// <summary>Asks every ten seconds.</summary>
    public RolloutDecision PlanFor(TimeSpan time)
    {
        var until = Now + time;
        var decision = Plan();
        while (Now < until)
        {
            Now += TimeSpan.FromSeconds(10);
            decision = Plan();
        }

        return decision;
    }

    public void Report(string node, NodePhase phase) =>
        Status[node] = Status[node] with { Online = true, Phase = phase, SeenGeneration = _pointers[node].Generation };

    public void Converge(string node) => Status[node] = new NodeStatus
    {
        Online = true,
        Phase = NodePhase.Converged,
        Bundle = _pointers[node].Bundle,
        Generation = _pointers[node].Generation,
        SeenGeneration = _pointers[node].Generation,
    };

    public void Quarantine(string node, string reason) => Status[node] = Status[node] with
    {
        Phase = NodePhase.Failed,
        SeenGeneration = _pointers[node].Generation,
        Quarantined = [new QuarantineReport(_pointers[node].Bundle, reason)],
    };
}
