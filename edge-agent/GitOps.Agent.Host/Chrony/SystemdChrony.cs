using GitOps.Agent.TimeSync;
using GitOps.Platform.Processes;

namespace GitOps.Agent.Host.Chrony;

/// <summary>chronyd as a unit of systemd: Debian calls it <c>chrony</c> and keeps <c>chronyd</c> as an alias, others the second only.</summary>
internal sealed class SystemdChrony(ICommandRunner commands, ChronyLayout layout) : IChronyControl
{
    private const string UnitName = "chronyd.service";

    public ChronyLayout Layout => layout;

    public async Task<string?> RestartAsync(CancellationToken cancellationToken)
    {
        if (await RunAsync("restart", cancellationToken) is { } failure)
        {
            return failure;
        }

        // A unit whose conditions do not hold, such as a capability a container lacks, is skipped and that counts as success.
        var state = await commands.RunAsync(["systemctl", "is-active", UnitName], cancellationToken);
        return state.Succeeded ? null : $"systemctl restart {UnitName} left it {state.Output.Trim()}; 'systemctl status {UnitName}' says why";
    }

    public Task<string?> StopAsync(CancellationToken cancellationToken) => RunAsync("stop", cancellationToken);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask; // it goes on without us

    private async Task<string?> RunAsync(string verb, CancellationToken cancellationToken)
    {
        var result = await commands.RunAsync(["systemctl", verb, UnitName], cancellationToken);
        return result.Succeeded ? null : $"systemctl {verb} {UnitName}: {result.Error.Trim()}";
    }
}
