using System.Security.Cryptography;
using GitOps.Bundles.Publications;
using GitOps.ControlPlane.Nodes;
using GitOps.ControlPlane.Git;
using GitOps.ControlPlane.Identity;
using GitOps.ControlPlane.Reconciling;
using GitOps.ControlPlane.Sealing;
using GitOps.ControlPlane.Storage;
using GitOps.ControlPlane.Store;
using GitOps.ControlPlane.Warm;
using GitOps.Platform.Age;
using GitOps.Platform.Files;
using GitOps.Platform.Processes;
using GitOps.Reconciler.Guards;
using GitOps.TestKit;
using GitOps.TestKit.Git;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace GitOps.ControlPlane.Tests.Reconciling;

/// <summary>
/// The reconciler on real parts: a Git repository, a store and a database on disk. It is started and stopped as a process
/// is, in the middle of whatever it does.
/// </summary>
internal sealed class ControlPlane : IAsyncDisposable
{
    public const string Fleet = "0198c2f0-0000-7000-8000-000000000001";

    private readonly TempDirectory _directory = new();
    private readonly EcdsaSigner _signer = new(ECDsa.Create(ECCurve.NamedCurves.nistP256));
    private readonly List<string> _bugs = [];
    private CancellationTokenSource? _stop;
    private Task _running = Task.CompletedTask;
    private Database? _database;
    private LeaseTaking.Held? _lease;
    private GitMirror? _mirror;
    private Publisher? _publisher;

    public TestGit Git { get; } = new();

    public FakeFleet Nodes { get; } = new();

    public ContentStore Store { get; private set; } = null!;

    public RevisionBook Book { get; private set; } = null!;

    public GitOps.ControlPlane.Reconciling.Reconciler Reconciler { get; private set; } = null!;

    public FleetAuthority Authority { get; private set; } = null!;

    public Decommissioner Decommissioner { get; private set; } = null!;

    public Retrier Retrier { get; private set; } = null!;

    public AuditTrail Audit { get; private set; } = null!;

    /// <summary>What secrets in Git are encrypted to.</summary>
    public AgeIdentity SealKey { get; } = AgeIdentity.Generate();

    /// <summary>What secrets are sealed to, by node.</summary>
    public System.Collections.Concurrent.ConcurrentDictionary<string, string> Recipients { get; } = new();

    public TrustedKey PublicationKey => _signer.Key;

    public List<PublishedPointer> Published { get; } = [];

    /// <summary>Of its own configuration.</summary>
    public GuardSettings FirstGuards { get; set; } = GuardSettings.Default;

    /// <summary>Whether the host's clock says it is synchronised.</summary>
    public bool IsClockTrusted { get; set; }

    /// <summary>The host's clock, for what is published.</summary>
    public TimeProvider Clock { get; set; } = TimeProvider.System;

    public string DataPath => _directory["data"];

    /// <summary>What the next start begins with.</summary>
    public WarmFile Warm => new(DiskFileLayer.Host, Path.Combine(DataPath, "compiled.cache"));

    /// <summary>What the compiler said.</summary>
    public LineLog Log { get; } = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Start()
    {
        Directory.CreateDirectory(DataPath);
        _lease = Assert.IsType<LeaseTaking.Held>(StoreLease.Take(Path.Combine(DataPath, "store")));
        _database = Assert.IsType<DatabaseOpening.Opened>(Database.Open(Path.Combine(DataPath, "gitops.db"), TimeProvider.System)).Database;
        Store = Assert.IsType<StoreOpening.Opened>(ContentStore.Open(DiskFileLayer.Host, Path.Combine(DataPath, "store"), Fleet)).Store;
        Book = new RevisionBook(_database, TimeProvider.System);
        _mirror = new GitMirror(
            Path.Combine(DataPath, "mirror.git"),
            new GitSource(Git.RemotePath, new GitReference.Branch("main")),
            new CommandRunner(TimeProvider.System));
        _publisher = new Publisher(Store, _database, _signer, _lease, () => IsClockTrusted, Clock);
        Authority = FleetAuthority.Open(DiskFileLayer.Host, new DataDirectory(DataPath), TimeProvider.System);
        Audit = new AuditTrail(_database);
        var nodePublisher = new NodePublisher(_publisher, Nodes);
        Decommissioner = new Decommissioner(
            Store, nodePublisher, Book, Authority, TimeProvider.System, NullLogger<Decommissioner>.Instance);
        Retrier = new Retrier(Store, nodePublisher, Nodes, TimeProvider.System, NullLogger<Retrier>.Instance);
        var compiler = new WarmCompiler(Warm, Log, smallest: 1);
        Reconciler = new GitOps.ControlPlane.Reconciling.Reconciler(
            _mirror,
            compiler.Compile,
            Store,
            _publisher,
            Book,
            Nodes,
            Authority.Withdrawals.IsRemoved,
            new Sealer(Store, _signer, SealKey, () => Recipients),
            new ReconcilerOptions { Poll = TimeSpan.FromHours(1), FirstGuards = FirstGuards },
            TimeProvider.System,
            new Random(1),
            new BugLog(_bugs),
            compiler);
        Reconciler.Published += pointers =>
        {
            lock (Published)
            {
                Published.AddRange(pointers);
            }
        };
        _stop = new CancellationTokenSource();
        _running = Reconciler.RunAsync(_stop.Token);
    }

    /// <summary>Stops it wherever it is.</summary>
    public async Task StopAsync()
    {
        if (_stop is null)
        {
            return;
        }

        await _stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _running);
        _stop.Dispose();
        _stop = null;
        await _mirror!.DisposeAsync();
        _publisher!.Dispose();
        _database!.Dispose();
        _lease!.Dispose();
        Assert.Empty(_bugs);
    }

    public void LoseDatabase()
    {
        foreach (var file in Directory.EnumerateFiles(DataPath, "gitops.db*"))
        {
            File.Delete(file);
        }
    }

    public void LoseStore() => Directory.Delete(Path.Combine(DataPath, "store"), recursive: true);

    /// <summary>Commits, pushes, and wakes the reconciler as a webhook does.</summary>
    public string Push(params (string Path, string Content)[] files)
    {
        var commit = Git.CommitAndPush("change", files);
        Reconciler.Wake();
        return commit;
    }

    public Task Settled(string revision, RevisionOutcome outcome) => Eventually.BecomesTrue(
        () =>
        {
            Assert.Empty(_bugs);
            return Reconciler.Status.Seen is { } seen && seen.Id == revision && seen.Outcome == outcome;
        },
        TimeSpan.FromSeconds(30),
        Cancellation,
        $"{revision} is {outcome}");

    public Task Opened(string revision, params string[] nodes) => Eventually.BecomesTrue(
        () => nodes.All(node => Store.PointerOf(node)?.Revision == revision),
        TimeSpan.FromSeconds(30),
        Cancellation,
        $"{revision} is open to {string.Join(", ", nodes)}");

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Git.Dispose();
        _signer.Dispose();
        _directory.Dispose();
    }

    /// <summary>The loop survives our own bugs and says so; a test must not.</summary>
    private sealed class BugLog(List<string> bugs) : ILogger<GitOps.ControlPlane.Reconciling.Reconciler>
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel == LogLevel.Critical;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                lock (bugs)
                {
                    bugs.Add($"{exception}");
                }
            }
        }
    }
}
