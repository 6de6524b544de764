using GitOps.Benchmarks.Fleets;
using GitOps.ControlPlane.Storage;
using GitOps.ControlPlane.Store;
using GitOps.Platform.Files;

namespace GitOps.Benchmarks.Store;

/// <summary>An empty store with all that publishing into it takes.</summary>
internal sealed class OpenStore : IDisposable
{
    private readonly string _directory;
    private readonly Database _database;
    private readonly TrustStore _trust;
    private readonly LeaseTaking.Held _lease;

    private OpenStore(string directory)
    {
        _directory = directory;
        Directory.CreateDirectory(directory);
        _lease = (LeaseTaking.Held)StoreLease.Take($"{directory}/store");
        var store = ((StoreOpening.Opened)ContentStore.Open(DiskFileLayer.Host, $"{directory}/store", GeneratedFleet.Uid)).Store;
        _database = ((DatabaseOpening.Opened)Database.Open($"{directory}/gitops.db", TimeProvider.System)).Database;
        _trust = ((TrustOpening.Opened)TrustStore.Open(DiskFileLayer.Host, $"{directory}/keys", store, [])).Trust;
        Publisher = new Publisher(store, _database, _trust.Signer, _lease, isClockTrusted: () => false, TimeProvider.System);
    }

    public Publisher Publisher { get; }

    public static OpenStore Create(string directory) => new(directory);

    /// <summary>What the store holds on disk: its log and its packs.</summary>
    public IEnumerable<string> Files() => Directory
        .EnumerateFiles($"{_directory}/store", "*", SearchOption.AllDirectories)
        .Where(file => !file.EndsWith("/lease", StringComparison.Ordinal));

    public void Dispose()
    {
        _trust.Dispose();
        _database.Dispose();
        _lease.Dispose();
        Directory.Delete(_directory, recursive: true);
    }
}
