using GitOps.Platform.Processes;

namespace GitOps.ControlPlane.Git;

/// <summary>
/// Keeps the mirror small in the background: loose objects are packed, packs are merged so that each is at least twice the
/// next (cost grows with what is new, not with history), and now and then all is packed anew, which drops what nothing
/// names any more. Safe beside fetches and reads; the git program sees to that.
/// </summary>
internal sealed class MirrorMaintenance(GitProgram git) : IAsyncDisposable
{
    private const int LooseObjects = 2_000;
    private const int RunsBetweenFull = 16;
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(10);
    private readonly Lock _lock = new();
    private CancellationTokenSource _stop = new();
    private int _fetches;
    private int _runs;

    /// <summary>So many fetches that brought something begin a run.</summary>
    public int FetchesBetween { get; set; } = 100;

    /// <summary>The run under way or the last one.</summary>
    public Task Ended { get; private set; } = Task.CompletedTask;

    /// <summary>A fetch brought something; when enough did, a run begins.</summary>
    public void CountFetch()
    {
        lock (_lock)
        {
            _fetches++;
            if ((_fetches >= FetchesBetween || (_fetches % 10 == 0 && EstimateLoose() > LooseObjects)) && Ended.IsCompleted)
            {
                Begin();
            }
        }
    }

    /// <summary>After a restart: the count of fetches is lost, what they left is not.</summary>
    public void CountLoose()
    {
        lock (_lock)
        {
            if (EstimateLoose() > LooseObjects && Ended.IsCompleted)
            {
                Begin();
            }
        }
    }

    /// <summary>Kills the run under way.</summary>
    public async Task StopAsync()
    {
        Task ended;
        lock (_lock)
        {
            _stop.Cancel();
            ended = Ended;
        }

        await ended.ConfigureAwait(false);
        lock (_lock)
        {
            _stop.Dispose();
            _stop = new CancellationTokenSource();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        _stop.Dispose();
    }

    private void Begin()
    {
        _fetches = 0;
        var isFull = ++_runs % RunsBetweenFull == 0;
        Ended = RunAsync(isFull, _stop.Token);
    }

    private async Task RunAsync(bool isFull, CancellationToken cancellationToken)
    {
        try
        {
            // Whatever fails here is tried again after the next fetches; a mirror that stays large is slow, not wrong.
            await RunAsync(isFull ? ["repack", "-a", "-d", "--quiet"] : ["repack", "-d", "--geometric=2", "--quiet"], cancellationToken)
                .ConfigureAwait(false);
            if (isFull)
            {
                await RunAsync(["prune", "--expire=1.day.ago"], cancellationToken).ConfigureAwait(false);
            }

            // Makes the question "is this an ancestor" cheap however long history is.
            await RunAsync(["commit-graph", "write", "--reachable", "--split", "--no-progress"], cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Stopped: what the killed program left behind is removed at the next start.
        }
    }

    private Task<CommandResult> RunAsync(string[] arguments, CancellationToken cancellationToken) =>
        git.RunAsync(arguments, cancellationToken, Deadline);

    /// <summary>One of 256 folders, times 256: ids spread evenly.</summary>
    private int EstimateLoose()
    {
        var sample = Path.Combine(git.Directory, "objects", "17");
        return Directory.Exists(sample) ? 256 * Directory.EnumerateFiles(sample).Count() : 0;
    }
}
