using System.Text;
using GitOps.Agent.Host.Files;
using GitOps.Agent.Host.Links;
using GitOps.Agent.Host.Storage.Syncing;
using GitOps.Agent.Host.Store;
using GitOps.Agent.Links;
using GitOps.Agent.Planning;
using GitOps.Bundles;
using GitOps.Bundles.Reports;
using GitOps.Bundles.Units;
using GitOps.Platform.Files;
using GitOps.Platform.Processes;
using GitOps.TestKit;

namespace GitOps.Agent.Host.Tests.Storage.Syncing;

/// <summary>Syncs of one volume, with everything that follows them.</summary>
internal sealed class SyncRig : IAsyncDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly List<Problem> _notes = [];

    public SyncRig(LinkPolicy? link = null, bool trusted = true, string node = "press-1", ICommandRunner? commands = null)
    {
        Directory.CreateDirectory(Volume);
        Directory.CreateDirectory(_directory["state"]);
        var layer = DiskFileLayer.Host;
        (Kind, Driver) = SyncUnits.Create(
            layer, _directory["state/syncs"], new PolicyRoots(layer, [_directory["srv"]], DiskFileLayer.Beneath),
            new ContentResolver(layer, new LocalBlobs(layer, _directory["state/blobs"])), commands ?? new CommandRunner(TimeProvider.System),
            new LinkLedger(layer, _directory["state/link.json"], link ?? LinkPolicy.Free, TimeProvider.System), new FixedTrust(trusted), TimeProvider.System, new SyncNode("factory", node));
        Driver.Note = (problem, _) =>
        {
            lock (_notes)
            {
                _notes.Add(problem);
            }
        };
        Runner = new UnitRunner(Kind);
        Runner.Context = Runner.Context with { Desired = Bundle.Of([new Unit("data", new VolumeSpec { Path = Volume })]) };
    }

    public IUnitKind Kind { get; }

    public SyncDriver Driver { get; }

    public UnitRunner Runner { get; }

    public string Volume => _directory["srv/data"];

    /// <summary>What marks processes of its syncs.</summary>
    public string Mark => $"GITOPS_AGENT_SYNC={_directory["state/syncs"]}";

    public string Folder => $"{Volume}/recipes";

    public SyncReport Report => Assert.Single(Whole.Syncs);

    public NodeReport Whole => Driver.Contribute(new NodeReport
    {
        Fleet = "f",
        Node = "n",
        BootId = "b",
        Sequence = 1,
        Time = default,
        Agent = new("1", 1),
        Phase = NodePhase.Converged,
    });

    public static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await Driver.DisposeAsync();
        _directory.Dispose();
    }

    public EquatableArray<ContentPart> Secret(string name, string text)
    {
        File.WriteAllText(_directory[name], $"{text}\n");
        return [new ContentPart.Secret(name, "value", Digest.Of(Encoding.UTF8.GetBytes(name)), _directory[name])];
    }

    /// <summary>What went wrong, once each.</summary>
    public IReadOnlyList<Problem> Notes
    {
        get
        {
            lock (_notes)
            {
                return [.. _notes];
            }
        }
    }

    public static SyncSpec Pull(SyncRemote remote) => new()
    {
        Volume = "data",
        Folder = "recipes",
        Mode = SyncMode.Pull,
        Remote = remote,
        EveryMs = 3_600_000,
        TimeLimitMs = 60_000,
    };

    public static Unit Unit(SyncSpec spec) => new("recipes", spec);

    /// <summary>Follows it until it is ready.</summary>
    public Task<PlannedUnit> UntilReadyAsync(SyncSpec spec) => Runner.UntilReadyAsync(Unit(spec), Stop);

    /// <summary>Has it run now, and waits for the end of that run.</summary>
    public async Task<SyncReport> RunAsync()
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Driver.Wake = () => ended.TrySetResult();
        Assert.True(Driver.RunNow("recipes"));
        await ended.Task.WaitAsync(TimeSpan.FromSeconds(60), Stop);
        return Report;
    }

    /// <summary>The files below a folder with what they hold; what is the agent's own is left out.</summary>
    public static IReadOnlyList<string> Tree(string root) => [.. Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories)
        .Select(file => (Path: Path.GetRelativePath(root, file), Text: File.ReadAllText(file)))
        .Where(file => !file.Path.StartsWith('.')).Select(file => $"{file.Path}={file.Text}").Order(StringComparer.Ordinal)];
}
