using GitOps.Agent.Containers;
using GitOps.Agent.Host.Configuration;
using GitOps.Agent.Host.Files;
using GitOps.Agent.Host.Links;
using GitOps.Agent.Host.Store;
using GitOps.Agent.Planning;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;
using GitOps.Platform.Processes;

namespace GitOps.Agent.Host.Containers;

/// <summary>The parts that run containers, put together.</summary>
internal sealed class ContainerUnits : IAsyncDisposable
{
    private readonly EngineLink _link;
    private readonly EngineClient _client;
    private readonly ImageStore _images;

    public ContainerUnits(AgentConfig config, IFileLayer layer, PolicyRoots volumes, ContentResolver contents, ICommandRunner commands, LinkLedger ledger,
        TimeProvider time)
    {
        var paths = config.Paths;
        layer.EnsureDirectory(FilePath.Parent(paths.EngineSocket), (UnixFileMode)0x1C0); // 0700
        _link = new EngineLink(config.Engine, paths.EngineSocket, time);
        _client = new EngineClient(_link);
        var engine = new Engine(_client);
        _images = new ImageStore(
            engine, new RegistryLogins(layer, config.RegistryLogins), new ImageRecords(layer, paths.Images), ledger, config.ImageReserveBytes, FreeBytes);
        var records = new GroupRecords(layer, paths.Containers);
        var mounts = new PolicyRoots(layer, config.Policy.Containers.HostPaths, DiskFileLayer.Beneath);
        Driver = new GroupDriver(engine, _images, new Labels($"{config.Fleet}/{config.Node}"), new GroupFolders(layer, paths.Units, contents),
            records, new HostPaths(mounts, volumes), contents, commands, time);
        Kind = new UnitKind<GroupState, GroupStep>(UnitKinds.Workload, new ContainerGroupPlanner(), Driver);
        Staging = new ImageStaging(engine, _images);
        Logs = new ContainerLogs(engine, records);
    }

    public IUnitKind Kind { get; }

    public GroupDriver Driver { get; }

    public ImageStaging Staging { get; }

    public ContainerLogs Logs { get; }

    public async ValueTask DisposeAsync()
    {
        await Driver.DisposeAsync();
        await Staging.Collected;
        _images.Dispose();
        _client.Dispose();
        _link.Dispose();
    }

    /// <summary>Null where the engine keeps images out of this machine's sight.</summary>
    private static long? FreeBytes(string root) => Directory.Exists(root) ? new DriveInfo(root).AvailableFreeSpace : null;
}
