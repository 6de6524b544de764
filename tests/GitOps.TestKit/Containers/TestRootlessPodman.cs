using System.Globalization;
using GitOps.Platform.Files;
using GitOps.Platform.Processes;
using Xunit;

namespace GitOps.TestKit.Containers;

/// <summary>
/// Podman of a user that is not root. What such a user has on a machine that people log in to, and a bare one lacks, it gets in
/// a namespace of mounts of its own: a runtime directory below <c>/run/user</c>, ids of its own, mounts that are shared, and
/// <c>/dev/net/tun</c>. Nothing of the machine is changed.
/// </summary>
public sealed class TestRootlessPodman : TestEngine, IAsyncLifetime
{
    private const int User = 65534; // nobody
    private readonly TempDirectory _directory = new();
    private LongProcess? _service;
    private string? _why;

    public override string Socket => _directory["own/api.sock"];

    private static string Runtime => string.Create(CultureInfo.InvariantCulture, $"/run/user/{User}");

    public async ValueTask InitializeAsync()
    {
        _why = Missing("podman", "podman") ?? Missing("runc", "runc") ?? Missing("busybox-static", "busybox") ?? Missing("uidmap", "newuidmap") ??
            Missing("slirp4netns", "slirp4netns") ?? Missing("netavark", "/usr/lib/podman/netavark") ??
            (Environment.IsPrivilegedProcess ? null : "needs to be root: it makes a namespace of mounts for another user");
        if (_why is not null)
        {
            return; // whoever uses it skips, by Require
        }

        WriteSettings();
        await RunAsync(["mknod", "--mode=666", _directory["tun"], "c", "10", "200"]);
        await RunAsync(["chown", "-R", User.ToString(CultureInfo.InvariantCulture), _directory["own"]]);
        _service = LongProcess.Start(new Command(["unshare", "--mount", "sh", _directory["enter"], _directory["podman"], "system", "service", "--time", "0", $"unix://{Socket}"]))
            ?? throw new InvalidOperationException("unshare cannot be started");
        await Eventually.BecomesTrue(() => _service.HasExited || File.Exists(Socket), TimeSpan.FromSeconds(30));
        Assert.False(_service.HasExited, _service.Error);
        var layer = await BusyboxLayerAsync("rootless");
        await File.WriteAllBytesAsync(_directory["own/busybox.tar"], layer);
        await RunAsync([Itself, "import", "-c", "ENV PATH=/bin", _directory["own/busybox.tar"], "localhost/busybox:rootless"]);
        Busybox = $"localhost/busybox@{(await RunAsync([Itself, "image", "inspect", "--format", "{{.Digest}}", "localhost/busybox:rootless"])).Trim()}";
    }

    public override void Require()
    {
        if (_why is not null)
        {
            NeedsPackage.Missing(_why);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_service is not null)
        {
            for (var pass = 0; pass < 2; pass++)
            {
                await TryAsync([Itself, "rm", "--all", "--force", "--time", "0"]); // a network that others share does not go with the first
            }

            // Podman keeps a process that holds its user's namespaces.
            var holder = await TryAsync(["nsenter", "--mount", "--target", ServiceId, "cat", $"{Runtime}/libpod/tmp/pause.pid"]);
            await _service.DisposeAsync();
            if (int.TryParse(holder.Output, CultureInfo.InvariantCulture, out var pid))
            {
                ProcessSignals.Send(pid, 9);
            }

            await TryAsync(["rm", "-rf", _directory.Path]); // files of other ids
        }

        _directory.Dispose();
    }

    protected override IEnumerable<string> Translate(IReadOnlyList<string> command) =>
        command[0] is Itself ? ["nsenter", "--mount", "--target", ServiceId, _directory["podman"], .. command.Skip(1)] : command;

    private string ServiceId => _service!.Id.ToString(CultureInfo.InvariantCulture);

    private static string? Missing(string package, string program) =>
        ProgramPath.Find(program, null) is null ? $"needs the Debian package {package}: apt-get install {package}" : null;

    private void WriteSettings()
    {
        Directory.CreateDirectory(_directory["own"]);
        DiskFileLayer.Host.SetMode(_directory.Path, (UnixFileMode)0x1ED); // 0755: another user passes
        File.WriteAllText(_directory["containers.conf"], """
            [containers]
            default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
            [network]
            network_backend = "netavark"
            [engine]
            cgroup_manager = "cgroupfs"
            events_logger = "file"
            runtime = "runc"
            exit_command_delay = 1

            """);
        File.WriteAllText(_directory["storage.conf"], $"""
            [storage]
            driver = "overlay"
            graphroot = "{_directory["own/root"]}"
            runroot = "{_directory["own/run"]}"

            """);
        File.WriteAllText(_directory["ids"], "nobody:200000:65536\n");
        File.WriteAllText(_directory["enter"], $"""
            set -e
            mount --make-rshared /
            mount -t tmpfs tmpfs /run/user
            mkdir --mode=700 {Runtime}
            chown {User} {Runtime}
            mount --bind {_directory["ids"]} /etc/subuid
            mount --bind {_directory["ids"]} /etc/subgid
            mount --bind {_directory["tun"]} /dev/net/tun
            exec "$@"

            """);
        File.WriteAllText(_directory["podman"], $"""
            #!/bin/sh
            cd {_directory["own"]}
            exec setpriv --reuid {User} --regid {User} --clear-groups env -i HOME={_directory["own"]} PATH=/usr/bin:/bin:/usr/sbin:/sbin \
              XDG_RUNTIME_DIR={Runtime} TMPDIR={_directory["own"]} CONTAINERS_CONF={_directory["containers.conf"]} \
              CONTAINERS_STORAGE_CONF={_directory["storage.conf"]} {ProgramPath.Find("podman", null)} "$@"

            """);
        DiskFileLayer.Host.SetMode(_directory["podman"], (UnixFileMode)0x1ED);
    }
}
