using GitOps.Agent.Host.Chrony;
using GitOps.Agent.TimeSync;
using GitOps.Platform.Processes;

namespace GitOps.Agent.Host.Tests.Chrony;

public sealed class SystemdChronyTests
{
    [Theory]
    [InlineData(0, "active\n", null)]
    [InlineData(3, "inactive\n", "systemctl restart chronyd.service left it inactive; 'systemctl status chronyd.service' says why")]
    public async Task A_restart_that_systemd_skipped_is_no_success(int code, string state, string? failure)
    {
        var chrony = new SystemdChrony(new Systemctl(code, state), ChronyLayout.Debian);
        Assert.Equal(failure, await chrony.RestartAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>Restarts whatever it is told to, and then tells how that is.</summary>
    private sealed class Systemctl(int code, string state) : ICommandRunner
    {
        public Task<CommandResult> RunAsync(Command command, CancellationToken cancellationToken) => Task.FromResult(
            command.Arguments[1] == "is-active" ? new CommandResult(code, state, "", TimedOut: false) : new CommandResult(0, "", "", TimedOut: false));
    }
}
