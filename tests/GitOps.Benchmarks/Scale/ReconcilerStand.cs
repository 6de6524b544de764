using System.Diagnostics;
using System.Security.Cryptography;
using GitOps.Bundles.Publications;
using GitOps.ControlPlane.Git;
using GitOps.ControlPlane.Reconciling;
using GitOps.ControlPlane.Sealing;
using GitOps.ControlPlane.Storage;
using GitOps.ControlPlane.Store;
using GitOps.ControlPlane.Warm;
using GitOps.Platform.Age;
using GitOps.Platform.Files;
using GitOps.Platform.Processes;
using GitOps.Reconciler.Rollouts;
using Microsoft.Extensions.Logging.Abstractions;

namespace GitOps.Benchmarks.Scale;

/// <summary>The reconciler with its mirror, store and database on disk, and a clock between its fetch and what it publishes.</summary>
internal sealed class ReconcilerStand : IAsyncDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(20);
    private readonly Database _database;
    private readonly LeaseTaking.Held _lease;
    private readonly EcdsaSigner _signer = new(ECDsa.Create(ECCurve.NamedCurves.nistP256));
    private readonly GitMirror _mirror;
    private readonly FetchClock _clock;
    private readonly CancellationTokenSource _stop = new();
    private readonly ControlPlane.Reconciling.Reconciler _reconciler;
    private readonly Task _running;
    private readonly long _began = Stopwatch.GetTimestamp();
    private readonly TaskCompletionSource<long> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource<(long At, int Nodes)> _published = New();

    public ReconcilerStand(string directory, string fleet, string address, ICommandRunner commands)
    {
        Directory.CreateDirectory(directory);
        _lease = (LeaseTaking.Held)StoreLease.Take($"{directory}/store");
        _database = ((DatabaseOpening.Opened)Database.Open($"{directory}/gitops.db", TimeProvider.System)).Database;
        Store = ((StoreOpening.Opened)ContentStore.Open(DiskFileLayer.Host, $"{directory}/store", fleet)).Store;
        _clock = new FetchClock(commands);
        _mirror = new GitMirror($"{directory}/mirror.git", new GitSource(address, new GitReference.Branch("main")), _clock);
        var options = new ReconcilerOptions { Poll = TimeSpan.FromHours(1), ReadDeadline = Longest };
        var compiler = new WarmCompiler(new WarmFile(DiskFileLayer.Host, $"{directory}/compiled.cache"), NullLogger.Instance);
        _reconciler = new ControlPlane.Reconciling.Reconciler(
            _mirror, compiler.Compile, Store,
            new Publisher(Store, _database, _signer, _lease, () => false, TimeProvider.System), new RevisionBook(_database, TimeProvider.System),
            new SilentFleet(), isRemoved: _ => false, new Sealer(Store, _signer, AgeIdentity.Generate(), () => new Dictionary<string, string>()), options, TimeProvider.System, new Random(1), NullLogger<ControlPlane.Reconciling.Reconciler>.Instance,
            compiler);
        _reconciler.Published += pointers => _published.TrySetResult((Stopwatch.GetTimestamp(), pointers.Count));
        _reconciler.StatusChanged += () =>
        {
            if (_reconciler.Status is { Problem: { } problem })
            {
                _published.TrySetException(new InvalidOperationException($"the reconciler reports {problem}"));
            }
            else if (_reconciler.Status is { PublishedRevision: not null, Rollout.Phase: RolloutPhase.Open })
            {
                _ready.TrySetResult(Stopwatch.GetTimestamp());
            }

            if (_reconciler.Status.Seen is { Outcome: RevisionOutcome.Rejected or RevisionOutcome.Held } seen)
            {
                _published.TrySetException(new InvalidOperationException($"a generated revision is {seen.Outcome}: {seen.Findings}{seen.Hold}"));
            }
        };
        _running = _reconciler.RunAsync(_stop.Token);
    }

    public ContentStore Store { get; }

    /// <summary>Milliseconds from the end of the fetch to the pointers on disk, of what is pushed already or next.</summary>
    public async Task<(double Ms, int Nodes)> PublishedAsync(CancellationToken cancellationToken)
    {
        _reconciler.Wake();
        var (at, nodes) = await _published.Task.WaitAsync(Longest, cancellationToken);
        _published = New();
        return (Stopwatch.GetElapsedTime(_clock.FetchedAt, at).TotalMilliseconds, nodes);
    }

    /// <summary>
    /// Milliseconds from opening store and database to the end of the first pass: the published revision is at hand, the next
    /// commit costs what it changes, and what this process has to keep for the next one is kept.
    /// </summary>
    public async Task<double> ReadyAsync(CancellationToken cancellationToken) =>
        Stopwatch.GetElapsedTime(_began, await _ready.Task.WaitAsync(Longest, cancellationToken)).TotalMilliseconds;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        try
        {
            await _running;
        }
        catch (OperationCanceledException)
        {
            // Stopped: as asked.
        }

        await _mirror.DisposeAsync();
        _database.Dispose();
        _lease.Dispose();
        _signer.Dispose();
        _stop.Dispose();
    }

    private static TaskCompletionSource<(long, int)> New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Nodes that say nothing.</summary>
    private sealed class SilentFleet : IFleetStatusSource
    {
        public IReadOnlyDictionary<string, NodeStatus> Nodes { get; } = new Dictionary<string, NodeStatus>();

        public long HighestGeneration => 0;

        public event Action? Changed
        {
            add { }
            remove { }
        }

        public event Action<string>? NodeChanged
        {
            add { }
            remove { }
        }

        public NodeStatus? Find(string node) => null;
    }
}

/// <summary>Runs commands and remembers when the last fetch ended.</summary>
internal sealed class FetchClock(ICommandRunner commands) : ICommandRunner
{
    public long FetchedAt { get; private set; }

    public async Task<CommandResult> RunAsync(Command command, CancellationToken cancellationToken)
    {
        var result = await commands.RunAsync(command, cancellationToken);
        if (command.Arguments.Contains("fetch"))
        {
            FetchedAt = Stopwatch.GetTimestamp();
        }

        return result;
    }
}
