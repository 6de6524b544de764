using GitOps.Agent.Generations;
using GitOps.Agent.History;
using GitOps.Agent.Loop;
using GitOps.Agent.Planning;
using GitOps.Agent.Policy;
using GitOps.Agent.Tests.Self;
using GitOps.Bundles;
using GitOps.Bundles.Publications;
using GitOps.Bundles.Reports;

namespace GitOps.Agent.Tests.Loop;

/// <summary>An agent's core on a fake node, moved pass by pass, with time that passes only when nothing else happens.</summary>
internal sealed class TestNode : IStateKeeper, IHistoryKeeper, IReportOutbox, IReportingDriver, IDisposable
{
    private AgentLoop _loop;

    public TestNode()
    {
        Carried = Fleet.Root;
        _loop = Start();
    }

    /// <summary>What the node allows, as of its next start.</summary>
    public AgentPolicy Policy { get; set; } = new() { Format = 1, Paths = ["/srv"], Exec = ["/"] };

    /// <summary>The root of trust in the node's identity folder.</summary>
    public RootStatement Carried { get; }

    public Fleet Fleet { get; } = new();

    public FakeSlots Slots { get; } = new();

    public FakeWorld World { get; } = new();

    public JumpingTime Time { get; } = new(new DateTimeOffset(2026, 11, 24, 8, 0, 0, TimeSpan.Zero));

    public DurableState Saved { get; private set; } = DurableState.Initial;

    public int Writes { get; private set; }

    public List<NodeReport> Reports { get; } = [];

    /// <summary>What happened to its generations, oldest first.</summary>
    public List<HistoryEntry> History { get; } = [];

    public int News { get; private set; }

    /// <summary>Whether the node's clock is known to be right.</summary>
    public bool ClockTrusted { get; set; }

    /// <summary>The clock is one that only the site of the node agrees upon.</summary>
    public bool ClockIsolated { get; set; }

    public NodeReport Last => Reports[^1];

    public AgentLoop Loop => _loop;

    public PassPlan Plan => _loop.View.Plan;

    /// <summary>The state cannot be written.</summary>
    public bool DiskIsFull { get; set; }

    /// <summary>How often it was tried in vain.</summary>
    public int Failures { get; private set; }

    public Problem? Write(DurableState state)
    {
        if (DiskIsFull)
        {
            Failures++;
            return new Problem(AgentCodes.StateNotKept, "the disk is full", "make room");
        }

        (Saved, Writes) = (state, Writes + 1);
        return null;
    }

    public void Note(HistoryEntry entry) => History.Add(entry);

    public void Post(NodeReport report, bool isNews)
    {
        Reports.Add(report);
        News += isNews ? 1 : 0;
    }

    public NodeReport Contribute(NodeReport report) =>
        ClockTrusted || ClockIsolated
            ? report with { Clock = new ClockReport { Managed = true, Synchronised = true, Isolated = ClockIsolated ? true : null } }
            : report;

    /// <summary>The agent is killed and started again; what was saved and what is on the node stay.</summary>
    public void Restart()
    {
        Slots.Start();
        _loop = Start();
    }

    public async Task StepAsync(int passes = 1, bool drain = true)
    {
        for (var i = 0; i < passes; i++)
        {
            var wait = await _loop.StepAsync(TestContext.Current.CancellationToken);
            if (_loop.IsLeaving)
            {
                await _loop.RunAsync(TestContext.Current.CancellationToken);
                Restart();
            }
            else if (!drain)
            {
                // Something hangs on purpose: time must not run away from what does not.
                await Task.Yield();
                Time.Advance(TimeSpan.FromMilliseconds(1));
            }
            else if (!await _loop.DrainAsync())
            {
                Time.Advance(wait);
            }
        }
    }

    public async Task UntilAsync(Func<bool> condition, int passes = 400, bool drain = true)
    {
        for (var i = 0; i < passes && !condition(); i++)
        {
            await StepAsync(drain: drain);
        }

        Assert.True(condition(), $"not after {passes} passes; {_loop.View.Report?.Phase}\n{Plan.ToText()}");
    }

    public Task ConvergeAsync() => UntilAsync(() => Reports.Count > 0 && Last.Phase == NodePhase.Converged &&
        Last.Generation == Fleet.Generation && Plan.Branches.IsEmpty);

    public void Dispose() => Fleet.Dispose();

    private AgentLoop Start() => new(
        new LoopOptions
        {
            Identity = new NodeIdentity(Tests.Loop.Fleet.Uid, Tests.Loop.Fleet.Node, Carried),
            BootId = "00000000000000000000000000000001",
            Version = "0.1.0",
            Policy = Policy,
            OwnPaths = ["/var/lib/gitops-agent"],
            Poll = TimeSpan.FromSeconds(20),
            CommitDeadline = TimeSpan.FromSeconds(60),
            Heartbeat = TimeSpan.FromMinutes(1),
            Slots = Slots,
        },
        Saved, World.Kinds, [this], Fleet, this, this, Time, new Random(1), this);
}
