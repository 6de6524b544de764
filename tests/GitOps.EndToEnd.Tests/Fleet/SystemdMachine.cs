using GitOps.Platform.Processes;
using GitOps.TestKit;
using GitOps.TestKit.Containers;

namespace GitOps.EndToEnd.Tests.Fleet;

/// <summary>A machine whose first process is systemd: a container, on the network of the tests.</summary>
internal sealed class SystemdMachine(TestPodman podman, string name) : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async Task StartAsync()
    {
        var archive = await SystemdImage.MakeAsync(Cancellation);
        await podman.RunAsync(["podman", "import", "-c", "ENV PATH=/usr/sbin:/usr/bin:/sbin:/bin", archive, $"localhost/{name}"]);
        // The control groups of version 1 are read-only in a container unless they are mounted so.
        await podman.RunAsync(["podman", "run", "--detach", "--name", name, "--systemd=always", "--network=host", "--stop-timeout=60",
            "--volume=/sys/fs/cgroup:/sys/fs/cgroup:rw", $"localhost/{name}", "/sbin/init"]);
        await IsUpAsync();
        // Debian's unit wants to set the clock, which would be that of the machine the tests run on: -x leaves it alone.
        await RunAsync("sh", "-c", "mkdir -p /etc/systemd/system/chrony.service.d; echo 'DAEMON_OPTS=-x' >/etc/default/chrony; " +
            "printf '[Unit]\\nConditionCapability=\\n' >/etc/systemd/system/chrony.service.d/container.conf; systemctl daemon-reload");
    }

    /// <summary>As a person does it: everything is stopped in order, and comes up again.</summary>
    public async Task RebootAsync()
    {
        await podman.RunAsync(["podman", "stop", name]);
        await podman.RunAsync(["podman", "start", name]);
        await IsUpAsync();
    }

    public Task CopyAsync(string from, string to) => podman.RunAsync(["podman", "cp", from, $"{name}:{to}"]);

    public Task<CommandResult> TryAsync(params string[] command) => podman.TryAsync(["podman", "exec", name, .. command]);

    public Task<string> RunAsync(params string[] command) => podman.RunAsync(["podman", "exec", name, .. command]);

    public async Task<string?> ReadAsync(string path) => await TryAsync("cat", path) is { Succeeded: true } read ? read.Output : null;

    public async Task<string> ShowAsync(string unit, string property) => (await RunAsync("systemctl", "show", "--value", $"--property={property}", unit)).Trim();

    /// <summary>For a test that failed.</summary>
    public async Task<string> ExplainAsync() => string.Concat(
        (await TryAsync("gitops-agent", "status")).Output, (await TryAsync("gitops-agent", "why")).Output,
        (await TryAsync("systemctl", "list-units", "--plain", "--no-legend", "--failed")).Output,
        (await TryAsync("journalctl", "--no-pager", "--lines=40")).Output);

    public async ValueTask DisposeAsync() => await podman.TryAsync(["podman", "rm", "--force", "--time", "0", name]);

    private Task IsUpAsync() => Eventually.BecomesTrue(
        async () => (await TryAsync("systemctl", "is-system-running")).Output.Trim() is "running" or "degraded", Limit, Cancellation);
}
