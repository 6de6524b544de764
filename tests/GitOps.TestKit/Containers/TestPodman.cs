using GitOps.Platform.Files;
using GitOps.Platform.Processes;
using Xunit;

namespace GitOps.TestKit.Containers;

/// <summary>
/// Podman with images and containers of a test's own, served on a socket; skips where it is missing. Its images are made here,
/// without a registry: BusyBox, and nothing else.
/// </summary>
public sealed class TestPodman : TestEngine, IAsyncLifetime
{
    private readonly TempDirectory _directory = new();
    private LongProcess? _service;

    public override string Socket => _directory["api.sock"];

    /// <summary>A folder with a program <c>podman</c> that works on this storage; for <c>PATH</c>.</summary>
    public string ProgramFolder => _directory["bin"];

    /// <summary>Where images are kept.</summary>
    public string StorageRoot => _directory["root"];

    public async ValueTask InitializeAsync()
    {
        if (ProgramPath.Find("podman", null) is null || ProgramPath.Find("busybox", null) is null)
        {
            return; // whoever uses it skips, by Need
        }

        WriteSettings();
        await StartServiceAsync();
        Busybox = await ImportAsync("localhost/busybox", "first");
    }

    /// <summary>Skips the test where a part is missing; fails it in CI.</summary>
    public static void Need()
    {
        NeedsPackage.OrSkip("podman");
        NeedsPackage.OrSkip("runc");
        NeedsPackage.OrSkip("netavark", "/usr/lib/podman/netavark");
        NeedsPackage.OrSkip("busybox-static", "busybox");
        if (Environment.UserName != "root")
        {
            NeedsPackage.Missing("needs to be root: networks of containers are made");
        }
    }

    public async Task StartServiceAsync()
    {
        _service = LongProcess.Start(new Command([$"{ProgramFolder}/podman", "system", "service", "--time", "0", $"unix://{Socket}"]))
            ?? throw new InvalidOperationException("podman cannot be started");
        await Eventually.BecomesTrue(() => _service.HasExited || File.Exists(Socket), TimeSpan.FromSeconds(30));
        Assert.False(_service.HasExited, _service.Error);
    }

    /// <summary>The service is away; containers go on.</summary>
    public async Task StopServiceAsync()
    {
        if (_service is not null)
        {
            await _service.DisposeAsync();
            _service = null;
            File.Delete(Socket);
        }
    }

    /// <summary>Makes an image of BusyBox that differs from others by a mark, and returns its reference with digest.</summary>
    /// <param name="changes">As of a Dockerfile.</param>
    public async Task<string> ImportAsync(string repository, string mark, params string[] changes)
    {
        var root = _directory[$"image-{mark}"];
        BusyboxRoot.Write(root, mark);
        var archive = _directory[$"{mark}.tar"];
        await RunAsync(["tar", "-C", root, "-cf", archive, "."]);
        List<string> command = ["podman", "import", "-c", "ENV PATH=/bin"];
        foreach (var change in changes)
        {
            command.AddRange(["-c", change]);
        }

        await RunAsync([.. command, archive, $"{repository}:{mark}"]);
        var digest = await RunAsync(["podman", "image", "inspect", "--format", "{{.Digest}}", $"{repository}:{mark}"]);
        return $"{repository}@{digest.Trim()}";
    }

    public override void Require() => Need();

    /// <summary>Removes every container: what a test that failed left must not be there for the next.</summary>
    public async Task RemoveContainersAsync()
    {
        for (var pass = 0; pass < 2 && File.Exists($"{ProgramFolder}/podman"); pass++)
        {
            await TryAsync(["podman", "rm", "--all", "--force", "--time", "0"]); // a network that others share does not go with the first
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (File.Exists($"{ProgramFolder}/podman"))
        {
            await RemoveContainersAsync();
            await TryAsync(["podman", "volume", "rm", "--all", "--force"]);
            await StopServiceAsync();
            await TryAsync(["umount", "--lazy", $"{StorageRoot}/overlay"]);
            await TryAsync(["rm", "-rf", _directory.Path]); // device files and modes that .NET stumbles over
        }

        _directory.Dispose();
    }

    protected override IEnumerable<string> Translate(IReadOnlyList<string> command) =>
        [command[0] is Itself or "podman" ? $"{ProgramFolder}/podman" : command[0], .. command.Skip(1)];

    private void WriteSettings()
    {
        Directory.CreateDirectory(ProgramFolder);
        // runc and cgroupfs: crun refuses machines with both versions of cgroups. Limits: a container may not ask for more
        // than this machine's own hard ones.
        File.WriteAllText(_directory["containers.conf"], """
            [containers]
            default_ulimits = ["nofile=16384:16384", "nproc=16384:16384"]
            [engine]
            cgroup_manager = "cgroupfs"
            events_logger = "file"
            runtime = "runc"
            exit_command_delay = 1

            """);
        File.WriteAllText(_directory["storage.conf"], $"""
            [storage]
            driver = "overlay"
            graphroot = "{StorageRoot}"
            runroot = "{_directory["run"]}"

            """);
        File.WriteAllText(_directory["registries.conf"], """
            unqualified-search-registries = []
            [[registry]]
            location = "127.0.0.1"
            insecure = true

            """);
        File.WriteAllText($"{ProgramFolder}/podman", $"""
            #!/bin/sh
            export CONTAINERS_CONF={_directory["containers.conf"]} CONTAINERS_STORAGE_CONF={_directory["storage.conf"]}
            export CONTAINERS_REGISTRIES_CONF={_directory["registries.conf"]} TMPDIR={_directory.Path}
            exec {ProgramPath.Find("podman", null)} "$@"

            """);
        DiskFileLayer.Host.SetMode($"{ProgramFolder}/podman", (UnixFileMode)0x1ED); // 0755
    }
}
