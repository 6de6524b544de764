using GitOps.Agent.Files;
using GitOps.Agent.Host.Chrony;
using GitOps.Agent.Host.Configuration;
using GitOps.Agent.Host.Containers;
using GitOps.Agent.Host.Devices;
using GitOps.Agent.Host.Devices.EdgeX;
using GitOps.Agent.Host.Devices.Upstream;
using GitOps.Agent.Host.Files;
using GitOps.Agent.Host.Links;
using GitOps.Agent.Host.Processes;
using GitOps.Agent.Host.Secrets;
using GitOps.Agent.Host.Self;
using GitOps.Agent.Host.Storage;
using GitOps.Agent.Host.Storage.Syncing;
using GitOps.Agent.Host.Store;
using GitOps.Agent.Links;
using GitOps.Agent.Planning;
using GitOps.Agent.Workloads;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;
using GitOps.Platform.Processes;

namespace GitOps.Agent.Host;

/// <summary>
/// Every kind of unit that this agent holds, and its drivers. A feature takes part by one call of <see cref="Add"/>: what its
/// driver can do besides (watch, report, settle, be disposed) is found out by whoever runs them.
/// </summary>
internal sealed class AgentUnits : IAsyncDisposable
{
    private readonly List<IUnitKind> _kinds = [];
    private readonly List<object> _drivers = [];
    private readonly List<IAsyncDisposable> _disposables = [];

    /// <param name="self">This program, as a shim is started from it.</param>
    public AgentUnits(AgentConfig config, IReadOnlyList<string> self, TimeProvider time)
    {
        var (paths, host) = (config.Paths, DiskFileLayer.Host);
        Blobs = new LocalBlobs(host, paths.Blobs);
        Secrets = new SealedFiles(host, paths.Sealed, paths.SealKey);
        var contents = new ContentResolver(host, Blobs, Secrets);
        var commands = new CommandRunner(time);

        Ledger = new LinkLedger(host, paths.Link, config.Link, time);
        _kinds.Add(new UplinkKind());

        var roots = new PolicyRoots(host, config.Policy.Paths, DiskFileLayer.Beneath);
        Files = new FileDriver(host, roots, new FileRecords(host, paths.Files), contents, new UserTable(host));
        Add(new UnitKind<FileState, FileStep>(UnitKinds.File, new FilePlanner(), Files), Files);

        Processes = new ProcessDriver(paths, host, self, contents, commands, time);
        Containers = new ContainerUnits(config, host, roots, contents, commands, Ledger, time);
        var processKind = new UnitKind<WorkloadState, WorkloadStep>(UnitKinds.Workload, new WorkloadPlanner(), Processes);
        Add(new WorkloadKind(processKind, Containers.Kind), Processes);
        _drivers.Add(Containers.Driver);
        _drivers.Add(Containers.Logs);
        _disposables.Add(Containers);

        var clock = ClockUnits.Create(host, commands, paths.State, config.Clock, time, Random.Shared);
        Add(clock.Kind, Clock = clock.Driver);

        var volumes = VolumeUnits.Create(host, roots, commands, Clock, time);
        Add(volumes.Kind, volumes.Driver);

        var syncs = SyncUnits.Create(host, paths.Syncs, roots, contents, commands, Ledger, Clock, time, new SyncNode(config.Fleet, config.Node));
        Add(syncs.Kind, Syncs = syncs.Driver);

        var local = config.LocalBroker is { } broker ? new LocalValues(broker, config.Node, time, Random.Shared, config.LocalBrokerLogin is { } file ? new BrokerLogin(host, file).Read : null) : null;
        Values = new UpstreamValues(host, paths.Values, time);
        var devices = DeviceUnits.Create(host, paths.State, Clock, time, Random.Shared, contents.Resolve, local, config.Mappers, Values);
        if (local is not null)
        {
            _disposables.Add(local);
        }

        Add(devices.Kind, Devices = devices.Driver);
        _disposables.Add(Values); // after those who say something

        var edgeX = EdgeXUnits.Create(config.Node, contents.Resolve, time, Random.Shared);
        Add(edgeX.Kind, edgeX.Driver);

        Containers.Driver.ProbeReporting = Processes.ProbeReporting = [Clock, Devices];
        Slots = new AgentSlots(host, paths.State, OwnProgram.Current, Blobs, commands, ["--identity", paths.Identity, "--state-directory", paths.State]);
    }

    public IReadOnlyList<IUnitKind> Kinds => _kinds;

    public LocalBlobs Blobs { get; }

    public SealedFiles Secrets { get; }

    public LinkLedger Ledger { get; }

    public FileDriver Files { get; }

    public ProcessDriver Processes { get; }

    public ContainerUnits Containers { get; }

    public ClockDriver Clock { get; }

    public SyncDriver Syncs { get; }

    public DeviceDriver Devices { get; }

    public UpstreamValues Values { get; }

    public AgentSlots Slots { get; }

    /// <summary>Those of all drivers that can do this as well.</summary>
    public IEnumerable<T> DriversThat<T>() => _drivers.OfType<T>();

    public async ValueTask DisposeAsync()
    {
        foreach (var disposable in _disposables)
        {
            await disposable.DisposeAsync();
        }
    }

    private void Add(IUnitKind kind, object driver)
    {
        _kinds.Add(kind);
        _drivers.Add(driver);
        if (driver is IAsyncDisposable disposable)
        {
            _disposables.Add(disposable);
        }
    }
}
