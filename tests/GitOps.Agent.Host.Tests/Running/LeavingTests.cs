using GitOps.Agent.Host.Processes;
using GitOps.Bundles;
using GitOps.Bundles.Publications;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;
using GitOps.TestKit;

namespace GitOps.Agent.Host.Tests.Running;

/// <summary>Signed tombstones and keys that change, against the real program.</summary>
public sealed class LeavingTests : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private TestControlPlane _plane = null!;
    private AgentOnDisk _agent = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _plane = await TestControlPlane.StartAsync();
        _agent = new AgentOnDisk(_plane);
    }

    public async ValueTask DisposeAsync()
    {
        await _agent.DisposeAsync();
        await _plane.DisposeAsync();
    }

    [Fact]
    public async Task A_wiped_node_stops_and_removes_what_it_owns_and_keeps_only_what_was_to_be_retained()
    {
        _plane.Publish(Bundle.Of(
        [
            RunningUnits.Workload("web", "one"),
            new Unit("motd", new FileSpec { Path = $"{_agent.Managed}/motd", Content = [new ContentPart.Text("x")] }),
            new Unit("kept", new VolumeSpec { Path = $"{_agent.Managed}/kept" }),
            new Unit("scratch", new VolumeSpec { Path = $"{_agent.Managed}/scratch", DeletionPolicy = DeletionPolicy.Delete }),
        ]));
        _agent.Start();
        await _agent.ConvergedAsync(1);
        await File.WriteAllTextAsync($"{_agent.Managed}/scratch/data", "x", Cancel);

        _plane.Decommission(Decommission.Wipe);
        await _agent.UntilAsync(r => r is { Phase: NodePhase.Converged, SeenGeneration: 2 } && r.Conditions.Any(c => c is { Type: "Decommissioned", Reason: "Wipe" }));
        Assert.Null(_agent.Find("web"));
        Assert.Equal([$"{_agent.Managed}/kept"], Directory.EnumerateFileSystemEntries(_agent.Managed));
    }

    [Fact]
    public async Task A_node_that_left_and_keeps_restarts_what_ends_also_after_its_own_restart()
    {
        _plane.Publish(Bundle.Of([RunningUnits.Workload("web", "one")]));
        _agent.Start();
        await _agent.ConvergedAsync(1);
        _plane.Decommission(Decommission.Keep);
        await _agent.UntilAsync(r => r.Conditions.Any(c => c is { Type: "Decommissioned", Reason: "Keep" }));
        await EndAsync();
        await Eventually.BecomesTrue(() => _agent.Find("web") is not null, Limit, Cancel);

        await _agent.KillAsync();
        await EndAsync();
        _agent.Start();
        await Eventually.BecomesTrue(() => _agent.Find("web") is not null, Limit, Cancel);
    }

    [Fact]
    public async Task A_key_that_only_a_newer_root_names_is_trusted_from_then_on()
    {
        _plane.Publish(Bundle.Of([RunningUnits.Workload("web", "one")]));
        _agent.Start();
        await _agent.ConvergedAsync(1);
        _plane.Rotate();
        _plane.Publish(Bundle.Of([RunningUnits.Workload("web", "two")]));
        await _agent.ConvergedAsync(2);
        await _agent.KillAsync();
        _plane.Publish(Bundle.Of([RunningUnits.Workload("web", "three")]));
        _agent.Start();
        await _agent.ConvergedAsync(3);
    }

    private async Task EndAsync()
    {
        var before = _agent.Find("web")!;
        ProcessTable.SignalGroup(before.Pid, "SIGKILL");
        await Eventually.BecomesTrue(() => _agent.Find("web") != before, Limit, Cancel);
    }
}
