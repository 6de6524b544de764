using GitOps.TestKit;

namespace GitOps.ControlPlane.Tests.Reconciling;

/// <summary>A device that Git moves, on the real reconciler: nobody else waits, and a restart forgets nothing.</summary>
public sealed class DeviceMoveTests : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly ControlPlane _plane = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _plane.DisposeAsync();

    [Fact]
    public async Task A_device_that_moves_reaches_its_new_node_when_the_old_one_let_go_also_after_a_restart()
    {
        var first = _plane.Git.CommitAndPush("one", Fleets.Fleet(), Fleets.Nodes(Fleets.Names), Fleets.Device("n1"));
        _plane.Start();
        await _plane.Opened(first, Fleets.Names);
        var second = _plane.Push(Fleets.Device("n2"), Fleets.Motd("hello"));
        await _plane.Opened(second, "n1", "n3");
        await Waits();
        Assert.Equal(1, _plane.Store.PointerOf("n2")!.Generation);

        await _plane.StopAsync();
        _plane.Start();
        await Waits();
        _plane.Nodes.Converge(_plane.Store, "n1");

        await _plane.Opened(second, "n2");
    }

    [Fact]
    public async Task A_lost_database_forgets_no_device_of_a_node_that_was_not_opened_yet()
    {
        var first = _plane.Git.CommitAndPush("one", Fleets.Fleet(), Fleets.Nodes(Fleets.Names), Fleets.Device("n1"));
        _plane.Start();
        await _plane.Opened(first, Fleets.Names);
        _plane.Nodes.Online("n3");
        var second = _plane.Push(Fleets.Fleet("canary"), Fleets.Device("n2"), Fleets.Motd("hello"));
        await _plane.Opened(second, "n3");
        await _plane.StopAsync();
        _plane.LoseDatabase();

        _plane.Start();

        await Waits();
    }

    private Task Waits() => Eventually.BecomesTrue(
        () => _plane.Reconciler.Status.Holds.Any(hold => hold.Node == "n2" && hold.What.Contains("the device plc", StringComparison.Ordinal)), Limit, Cancellation);
}
