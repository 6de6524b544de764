using System.Collections.Concurrent;
using GitOps.Agent.Containers;
using GitOps.Agent.Host.Containers;
using GitOps.Agent.Host.Files;
using GitOps.Agent.Host.Links;
using GitOps.Agent.Host.Store;
using GitOps.Agent.Host.Tests;
using GitOps.Agent.Links;
using GitOps.Agent.Planning;
using GitOps.Bundles;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;
using GitOps.Platform.Processes;
using GitOps.TestKit.Containers;

namespace GitOps.Containers.Tests;

/// <summary>The container driver of one agent on a real engine. Disposing it leaves containers running, as the end of an agent does.</summary>
internal sealed class GroupRig : IAsyncDisposable
{
    /// <summary>A shell as process 1 ignores the stop signal unless it is told not to.</summary>
    public const string Forever = "trap 'exit 0' TERM; while :; do sleep 0.1; done";

    private readonly EngineLink _link;
    private readonly EngineClient _client;
    private readonly ImageStore _images;

    /// <param name="state">The agent's state directory; a second rig on it is the agent after a restart.</param>
    /// <param name="node">Containers of one test are not those of another.</param>
    public GroupRig(TestEngine engine, string state, string node, EngineChoice? choice = null, string? logins = null, long reserve = 0)
    {
        engine.Require();
        Node = node;
        var layer = DiskFileLayer.Host;
        foreach (var folder in new[] { "units", "containers", "control" })
        {
            layer.EnsureDirectory($"{state}/{folder}", (UnixFileMode)0x1ED);
        }

        var time = TimeProvider.System;
        var contents = new ContentResolver(layer, new LocalBlobs(layer, $"{state}/blobs"));
        _link = new EngineLink(choice ?? new EngineChoice([engine.Socket], null), $"{state}/control/engine.sock", time);
        _client = new EngineClient(_link);
        Engine = new Engine(_client);
        _images = new ImageStore(Engine, new RegistryLogins(layer, logins), new ImageRecords(layer, $"{state}/images.json"),
            Links = new LinkLedger(layer, $"{state}/link.json", LinkPolicy.Free, time), reserve,
            root => new DriveInfo(root).AvailableFreeSpace);
        var records = new GroupRecords(layer, $"{state}/containers");
        var roots = new PolicyRoots(layer, [$"{state}/host"], DiskFileLayer.Beneath);
        Driver = new GroupDriver(Engine, _images, new Labels($"test/{node}"), new GroupFolders(layer, $"{state}/units", contents), records,
            new HostPaths(roots, roots), contents, new CommandRunner(time), time)
        {
            Wake = () => { },
            Note = (problem, _) => Notes.Enqueue(problem),
        };
        Staging = new ImageStaging(Engine, _images);
        Logs = new ContainerLogs(Engine, records);
        Runner = new UnitRunner(new UnitKind<GroupState, GroupStep>(UnitKinds.Workload, new ContainerGroupPlanner(), Driver));
    }

    /// <summary>What the link may be used for.</summary>
    public LinkLedger Links { get; }

    public string Node { get; }

    public Engine Engine { get; }

    public GroupDriver Driver { get; }

    public ImageStaging Staging { get; }

    public ContainerLogs Logs { get; }

    public UnitRunner Runner { get; }

    public ConcurrentQueue<Problem> Notes { get; } = new();

    /// <summary>What runs of a unit: name to engine's id and start, the network under an empty name.</summary>
    public async Task<IReadOnlyDictionary<string, string>> RunningAsync(string unit, CancellationToken cancellationToken)
    {
        var running = new Dictionary<string, string>();
        foreach (var listed in await Engine.ListAsync(new Labels($"test/{Node}").Filter(unit), cancellationToken))
        {
            if (await Engine.InspectAsync(listed.Id, cancellationToken) is { State.Running: true } container)
            {
                running[Labels.Read(container.Config.Labels)!.Value.Name] = $"{container.Id} {container.State.StartedAt}";
            }
        }

        return running;
    }

    public async ValueTask DisposeAsync()
    {
        await Driver.DisposeAsync();
        await Staging.Collected;
        _images.Dispose();
        _client.Dispose();
        _link.Dispose();
    }

    public static Unit Group(string name, params ContainerSpec[] containers) =>
        new(name, new WorkloadSpec { Containers = new ContainerGroupSpec { Containers = containers.ToEquatableArray() } });

    public static ContainerSpec Shell(string name, string image, string script) => new(name)
    {
        Image = image,
        Entrypoint = ["sh"],
        Command = ["-c", script],
        StopGraceMs = 1_000,
        Backoff = new RestartBackoff(200, 1_000),
    };
}
