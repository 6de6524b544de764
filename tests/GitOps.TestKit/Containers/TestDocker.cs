using GitOps.Platform.Processes;
using Xunit;

namespace GitOps.TestKit.Containers;

/// <summary>
/// A Docker daemon of a test's own: its storage, its bridge, no packet filter of anybody. Its image came from a registry, because
/// Docker knows digests only of those.
/// </summary>
public sealed class TestDocker : TestEngine, IAsyncLifetime
{
    private const string Bridge = "gitops-test0";
    private readonly TempDirectory _directory = new();
    private LongProcess? _daemon;
    private string? _why;

    public override string Socket => _directory["docker.sock"];

    public async ValueTask InitializeAsync()
    {
        _why = ProgramPath.Find("dockerd", null) is null ? "needs the Debian package docker.io: apt-get install docker.io"
            : ProgramPath.Find("docker-registry", null) is null ? "needs the Debian package docker-registry"
            : ProgramPath.Find("busybox", null) is null ? "needs the Debian package busybox-static"
            : ProgramPath.Find("ip", null) is null ? "needs the Debian package iproute2"
            : !Environment.IsPrivilegedProcess ? "needs to be root: the daemon does" : null;
        if (_why is not null)
        {
            return; // whoever uses it skips, by Require
        }

        await TryAsync(["ip", "link", "delete", Bridge]); // of a run that was killed
        await RunAsync(["ip", "link", "add", Bridge, "type", "bridge"]);
        await RunAsync(["ip", "address", "add", "10.211.77.1/24", "dev", Bridge]);
        await RunAsync(["ip", "link", "set", Bridge, "up"]);
        _daemon = LongProcess.Start(new Command(
        [
            "dockerd", "--data-root", _directory["data"], "--exec-root", _directory["exec"], "--pidfile", _directory["pid"],
            "--host", $"unix://{Socket}", "--bridge", Bridge, "--iptables=false", "--ip6tables=false", "--ip-masq=false", "--log-level", "warn",
        ])) ?? throw new InvalidOperationException("dockerd cannot be started");
        await Eventually.BecomesTrue(async () => _daemon.HasExited || (await TryAsync([Itself, "version"])).Succeeded, TimeSpan.FromSeconds(60));
        if (_daemon.HasExited)
        {
            _why = $"needs a kernel on which dockerd starts: {_daemon.Error[^Math.Min(_daemon.Error.Length, 2000)..]}";
            return;
        }

        Busybox = await BringBusyboxAsync();
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
        if (_daemon is not null)
        {
            if (!_daemon.HasExited && (await TryAsync([Itself, "ps", "--all", "--quiet"])).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries) is { Length: > 0 } left)
            {
                await TryAsync([Itself, "rm", "--force", .. left]);
            }

            ProcessSignals.Send(_daemon.Id, 15); // its own end takes containerd along
            await _daemon.WaitForExitAsync(CancellationToken.None);
            await _daemon.DisposeAsync();
            await TryAsync(["ip", "link", "delete", Bridge]);
            await TryAsync(["rm", "-rf", _directory.Path]); // device files and modes that .NET stumbles over
        }

        _directory.Dispose();
    }

    protected override IEnumerable<string> Translate(IReadOnlyList<string> command) => command is [Itself, ..]
        ? ["docker", "--host", $"unix://{Socket}", .. command is [_, "rm", ..] ? command.Skip(1).Where(word => word is not ("--time" or "0")) : command.Skip(1)]
        : command;

    private async Task<string> BringBusyboxAsync()
    {
        await using var registry = await TestRegistry.StartAsync(null, CancellationToken.None);
        var image = await registry.PublishAsync("busybox", [await BusyboxLayerAsync("docker")]);
        await RunAsync([Itself, "pull", "--quiet", image]);
        return image;
    }
}
