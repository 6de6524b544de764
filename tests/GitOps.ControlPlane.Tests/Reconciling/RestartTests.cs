using GitOps.ControlPlane.Reconciling;
using GitOps.Reconciler.Rollouts;
using GitOps.TestKit;
using Microsoft.Extensions.Time.Testing;

namespace GitOps.ControlPlane.Tests.Reconciling;

/// <summary>Stopped anywhere, with parts of its memory lost: it goes on, and a generation never goes back.</summary>
public sealed class RestartTests : IAsyncLifetime
{
    private readonly ControlPlane _plane = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _plane.DisposeAsync();

    [Fact]
    public async Task A_restart_publishes_nothing_again()
    {
        var first = await PublishFirst();
        await _plane.StopAsync();
        _plane.Start();
        await Eventually.BecomesTrue(() => _plane.Reconciler.Status.Rollout?.Phase == RolloutPhase.Open, cancellationToken: Cancellation);
        Assert.Equal(1, _plane.Store.HighestGeneration);
        Assert.Equal(first, _plane.Reconciler.Status.PublishedRevision);
    }

    [Fact]
    public async Task A_rollout_goes_on_where_it_was()
    {
        _plane.Nodes.Online(Fleets.Names);
        var first = _plane.Git.CommitAndPush("one", Fleets.Fleet("canary"), Fleets.Nodes(Fleets.Names), Fleets.Motd("hello"));
        _plane.Start();
        await _plane.Opened(first, "n1");
        await _plane.StopAsync();
        _plane.Nodes.Converge(_plane.Store, "n1");
        _plane.Start();
        await _plane.Opened(first, Fleets.Names);
        Assert.Equal(1, _plane.Store.PointerOf("n1")!.Generation);
    }

    [Fact]
    public async Task A_rollout_that_stopped_stays_stopped()
    {
        _plane.Nodes.Online(Fleets.Names);
        var first = _plane.Git.CommitAndPush("one", Fleets.Fleet("canary"), Fleets.Nodes(Fleets.Names), Fleets.Motd("hello"));
        _plane.Start();
        await _plane.Opened(first, "n1");
        _plane.Nodes.GiveUp(_plane.Store, "n1", "exit code 1");
        await Stopped();
        await _plane.StopAsync();
        _plane.Start();
        await Stopped();
        Assert.Null(_plane.Store.PointerOf("n2"));

        Task Stopped() => Eventually.BecomesTrue(
            () => _plane.Reconciler.Status.Rollout?.Phase == RolloutPhase.Stopped, cancellationToken: Cancellation);
    }

    [Fact]
    public async Task Without_its_database_it_starts_again_from_store_and_Git()
    {
        var first = await PublishFirst();
        await _plane.StopAsync();
        _plane.LoseDatabase();
        _plane.Start();
        await Eventually.BecomesTrue(() => _plane.Reconciler.Status.PublishedRevision == first, cancellationToken: Cancellation);
        Assert.Equal(1, _plane.Store.HighestGeneration);

        // The guards are back too.
        _plane.Git.Delete("motd.yaml");
        var removing = _plane.Push();
        await _plane.Settled(removing, RevisionOutcome.Held);
        var second = _plane.Push(Fleets.Motd("changed"));
        await _plane.Opened(second, Fleets.Names);
        Assert.Equal(2, _plane.Store.HighestGeneration);
    }

    [Fact]
    public async Task Without_its_mirror_it_fetches_again()
    {
        await PublishFirst();
        await _plane.StopAsync();
        Directory.Delete(Path.Combine(_plane.DataPath, "mirror.git"), recursive: true);
        _plane.Start();
        var second = _plane.Push(Fleets.Motd("changed"));
        await _plane.Opened(second, Fleets.Names);
    }

    [Fact]
    public async Task Without_its_store_it_publishes_again_above_every_generation_recorded_or_reported()
    {
        var first = await PublishFirst();
        await _plane.StopAsync();
        _plane.LoseStore();
        _plane.Nodes.Report("n1", new NodeStatus { Online = true, SeenGeneration = 40 });
        _plane.Start();
        await _plane.Opened(first, Fleets.Names);
        Assert.Equal(41, _plane.Store.HighestGeneration);
    }

    [Fact]
    public async Task Without_store_and_database_a_trusted_clock_keeps_the_generation_from_going_back()
    {
        _plane.IsClockTrusted = true;
        var first = await PublishFirst();
        var generation = _plane.Store.HighestGeneration;
        Assert.InRange(generation, 1_700_000_000_000, 4_000_000_000_000);
        await _plane.StopAsync();
        _plane.LoseStore();
        _plane.LoseDatabase();
        _plane.Start();
        await _plane.Opened(first, Fleets.Names);
        Assert.True(_plane.Store.HighestGeneration > generation);
    }

    [Fact]
    public async Task A_clock_that_jumps_into_the_future_uses_no_generations_up_synchronised_or_not()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UtcNow);
        (_plane.Clock, _plane.IsClockTrusted) = (clock, true);
        await PublishFirst();
        var generation = _plane.Store.HighestGeneration;
        Assert.Equal(clock.GetUtcNow().ToUnixTimeMilliseconds(), generation);

        clock.SetUtcNow(clock.GetUtcNow().AddYears(30));
        var second = _plane.Push(Fleets.Motd("second"));
        await _plane.Opened(second, Fleets.Names);
        Assert.Equal(generation + 1, _plane.Store.HighestGeneration);

        _plane.IsClockTrusted = false;
        var third = _plane.Push(Fleets.Motd("third"));
        await _plane.Opened(third, Fleets.Names);
        Assert.Equal(generation + 2, _plane.Store.HighestGeneration);
    }

    [Fact]
    public async Task Stopped_at_any_moment_it_ends_with_every_node_at_the_newest_revision()
    {
        var random = new Random(7);
        _plane.Git.CommitAndPush("one", Fleets.Fleet(), Fleets.Nodes(Fleets.Names), Fleets.Motd("hello"));
        var highest = 0L;
        for (var i = 0; i < 12; i++)
        {
            _plane.Start();
            _plane.Push(Fleets.Motd($"change {i}"));
            await WaitFor(random.Next(4));
            await _plane.StopAsync();
            Assert.True(_plane.Store.HighestGeneration >= highest, "the generation went back");
            highest = _plane.Store.HighestGeneration;
        }

        _plane.Start();
        await _plane.Opened(_plane.Git.Head, Fleets.Names);

        // Four places in the work of a pass: at once, seen, accepted, opened.
        Task WaitFor(int place) => place switch
        {
            0 => Task.CompletedTask,
            1 => Eventually.BecomesTrue(() => _plane.Book.Find(_plane.Git.Head) is not null, TimeSpan.FromSeconds(30), Cancellation),
            2 => Eventually.BecomesTrue(() => _plane.Book.Published()?.Revision == _plane.Git.Head, TimeSpan.FromSeconds(30), Cancellation),
            _ => _plane.Opened(_plane.Git.Head, Fleets.Names),
        };
    }

    private async Task<string> PublishFirst()
    {
        var first = _plane.Git.CommitAndPush("one", Fleets.Fleet(limit: 2), Fleets.Nodes(Fleets.Names), Fleets.Motd("hello"));
        _plane.Start();
        await _plane.Opened(first, Fleets.Names);
        return first;
    }
}
