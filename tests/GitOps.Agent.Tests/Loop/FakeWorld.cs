using System.Collections.Immutable;
using GitOps.Agent.Planning;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Tests.Loop;

/// <summary>
/// A node where every unit is either there or not. Units whose command is "bad" never become well; those that are listed
/// fail or wait. Remembers when two units held one claim at one time, which must never be.
/// </summary>
internal sealed class FakeWorld
{
    // Branches run side by side, as on a node: whoever looks while steps are applied looks under the lock.
    private readonly Lock _lock = new();
    private readonly SortedDictionary<UnitId, Unit> _held = [];

    /// <summary>What is on the node now.</summary>
    public IReadOnlyDictionary<UnitId, Unit> Held
    {
        get
        {
            lock (_lock)
            {
                return _held.ToImmutableSortedDictionary();
            }
        }
    }

    public List<string> Log { get; } = [];

    /// <summary>So many steps of any unit fail before one works again.</summary>
    public int FailNext { get; set; }

    public FailureCause Cause { get; set; } = FailureCause.Environment;

    /// <summary>Units whose steps never end until released.</summary>
    public Dictionary<UnitId, TaskCompletionSource> Stalled { get; } = [];

    /// <summary>Units whose steps always fail.</summary>
    public HashSet<UnitId> Broken { get; } = [];

    /// <summary>Units that wait for the world: a device that is away.</summary>
    public HashSet<UnitId> Away { get; } = [];

    public string? Clash { get; private set; }

    public IReadOnlyCollection<IUnitKind> Kinds => [new FakeKind(this, UnitKinds.Workload), new FakeKind(this, UnitKinds.File)];

    public static Unit Workload(string name, string command = "ok", int[]? ports = null, params string[] requires) =>
        new(name, new WorkloadSpec { Process = new ProcessSpec { Command = [$"/bin/{command}"], Ports = (ports ?? []).ToEquatableArray() } })
        {
            Requires = requires.Select(UnitId.Parse).ToEquatableArray(),
        };

    public static Unit File(string name, string text) =>
        new(name, new FileSpec { Path = $"/srv/{name}", Content = [new ContentPart.Text(text)] });

    public static EquatableArray<string> Claims(Unit unit) => unit.Spec switch
    {
        WorkloadSpec workload => workload.Process!.Ports.Select(p => $"port:{p}").ToEquatableArray(),
        FileSpec file => [$"path:{file.Path}"],
        _ => [],
    };

    private async ValueTask<StepOutcome> ApplyAsync(Unit unit, FakeStep step)
    {
        if (Stalled.TryGetValue(unit.Id, out var stalled))
        {
            await stalled.Task;
        }

        lock (_lock)
        {
            return Apply(unit, step);
        }
    }

    private StepOutcome Apply(Unit unit, FakeStep step)
    {
        if (Broken.Contains(unit.Id) || (FailNext > 0 && FailNext-- > 0))
        {
            return new StepOutcome.Retry(new Problem(AgentCodes.Bug, $"{unit.Id} fails as ordered", "none"), Cause);
        }

        Log.Add($"{step.Verb} {unit.Id}");
        if (step.Verb == "remove")
        {
            _held.Remove(unit.Id);
            return new StepOutcome.Done();
        }

        foreach (var other in _held.Values.Where(o => o.Id != unit.Id && Claims(o).Intersect(Claims(unit)).Any()))
        {
            Clash ??= $"{unit.Id} was made while {other.Id} held [{Claims(other)}]";
        }

        _held[unit.Id] = unit;
        return new StepOutcome.Done();
    }

    /// <summary>Somebody else on the node changes what was made.</summary>
    public void Change(Unit unit)
    {
        lock (_lock)
        {
            _held[unit.Id] = unit;
        }
    }

    /// <summary>Everything made is gone.</summary>
    public void Lose()
    {
        lock (_lock)
        {
            _held.Clear();
        }
    }

    private UnitStatus StatusOf(Unit desired)
    {
        if (!Held.TryGetValue(desired.Id, out var held) || held != desired)
        {
            return new UnitStatus.Progressing("not as desired");
        }

        return Away.Contains(desired.Id) ? new UnitStatus.Unhealthy("it is away", FailureCause.Environment)
            : desired.Spec is WorkloadSpec { Process.Command: ["/bin/bad"] } ? new UnitStatus.Unhealthy("it is bad", FailureCause.Content)
            : new UnitStatus.Ready();
    }

    private sealed record FakeStep(string Verb, string Because) : IPlanStep
    {
        public string Describe() => Verb;
    }

    private sealed class FakeKind(FakeWorld world, string kind) : IUnitKind
    {
        public string Kind => kind;

        public EquatableArray<string> Claims(Unit unit) => FakeWorld.Claims(unit);

        public ValueTask<PlannedUnit> PlanAsync(Unit? desired, Unit? owned, PlanContext context, CancellationToken cancellationToken)
        {
            var unit = desired ?? owned!;
            var held = world.Held.GetValueOrDefault(unit.Id);
            var verb = desired is null ? (held is null ? null : "remove") : held == desired ? null : "make";
            ImmutableArray<PlannedStep> steps = verb is null ? [] : [new PlannedStep(unit, new FakeStep(verb, "the test says so"))];
            var status = desired is null ? new UnitStatus.Progressing("leaving") : world.StatusOf(desired);
            return ValueTask.FromResult(new PlannedUnit(unit.Id, steps, [], status));
        }

        public ValueTask<StepOutcome> ApplyAsync(PlannedStep step, CancellationToken cancellationToken) =>
            world.ApplyAsync(step.Unit, (FakeStep)step.Step);
    }
}
